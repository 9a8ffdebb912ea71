"""Whether a boot can mount what fstab, crypttab and mount units describe."""
