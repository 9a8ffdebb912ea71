"""The rules of Ignition 3.4.0 by type."""

from collections.abc import Callable, Iterator, Mapping

from controller.ignition import schema
from controller.ignition.report import Entry
from controller.ignition.rules import disks, nodes, partitions, resources, systemd

Rule = Callable[[schema.Content], Iterator[Entry]]

RULES: Mapping[schema.Struct, tuple[Rule, ...]] = {
    schema.CONFIG: (systemd.no_node_has_the_path_of_a_unit,),
    schema.IGNITION_CONFIG: (resources.configs_to_merge_have_a_source,),
    schema.TLS: (resources.certificates_have_a_source,),
    schema.PROXY: (resources.proxies_are_http,),
    schema.RESOURCE: (
        resources.compression_is_known,
        resources.source_can_be_fetched,
        resources.hash_has_a_source,
        resources.headers_go_with_http,
        resources.headers_are_complete,
    ),
    schema.VERIFICATION: (resources.hash_is_well_formed,),
    schema.DIRECTORY: (
        nodes.path_is_absolute_and_clean,
        nodes.owner_is_named_once,
        nodes.mode_is_permission_bits,
    ),
    schema.FILE: (
        nodes.path_is_absolute_and_clean,
        nodes.owner_is_named_once,
        nodes.mode_is_permission_bits,
        nodes.overwrite_needs_a_source,
    ),
    schema.LINK: (
        nodes.path_is_absolute_and_clean,
        nodes.owner_is_named_once,
        nodes.link_has_a_target,
    ),
    schema.STORAGE: (
        nodes.no_path_leads_through_a_link,
        nodes.hard_link_is_to_a_file,
        disks.filesystem_is_not_on_a_partitioned_disk,
    ),
    schema.DISK: (disks.disk_has_a_device, partitions.partitions_do_not_conflict),
    schema.PARTITION: (
        partitions.partition_is_identified,
        partitions.absent_partition_has_no_properties,
        partitions.partition_label_fits,
        partitions.guids_are_well_formed,
    ),
    schema.RAID: (disks.raid_level_is_known, disks.raid_has_devices),
    schema.FILESYSTEM: (
        disks.filesystem_paths_are_clean,
        disks.filesystem_has_a_format,
        disks.filesystem_label_fits,
    ),
    schema.LUKS: (
        disks.luks_names_its_device,
        disks.luks_label_fits,
        disks.luks_key_can_be_fetched,
    ),
    schema.CLEVIS: (disks.clevis_pins_are_not_mixed,),
    schema.CLEVIS_CUSTOM: (disks.custom_clevis_is_complete,),
    schema.TANG: (disks.tang_is_complete,),
    schema.SYSTEMD: (systemd.enabled_instance_can_be_enabled,),
    schema.UNIT: (
        systemd.unit_name_has_a_unit_extension,
        systemd.unit_text_is_valid_and_can_be_enabled,
    ),
    schema.DROPIN: (systemd.dropin_name_is_conf, systemd.dropin_text_is_valid),
}
