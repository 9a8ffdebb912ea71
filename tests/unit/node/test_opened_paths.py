"""Lists every call of the node's modules that passes a path to the kernel, with the reason.

All other calls use `safe_paths`, or are relative to a folder that it opened.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

NODE_SIDE = Path(__file__).parents[3] / "roles/machineconfig/module_utils"
BY_NAME = {
    "os": {
        *("open", "stat", "lstat", "statvfs", "listdir", "scandir", "mkdir", "makedirs", "rmdir"),
        *("unlink", "remove", "rename", "replace", "symlink", "link", "readlink", "chmod", "chown"),
        *("lchown", "utime", "truncate", "getxattr", "setxattr", "listxattr", "access", "mkfifo"),
        "mknod",
    },
    "os.path": {"exists", "lexists", "isdir", "isfile", "islink", "realpath", "getsize"},
    "shutil": {"copyfile", "copy", "copy2", "copytree", "move", "rmtree", "chown"},
    "tempfile": {"mkdtemp", "mkstemp", "TemporaryDirectory", "NamedTemporaryFile"},
}
RELATIVE = {"dir_fd", "src_dir_fd", "dst_dir_fd"}
# By the reason why no user can exploit a redirection of the path.
KNOWN = {
    "it only decides what is said, or what safe_paths finds out again": {
        *("failed_attempt._stamp: os.stat", "authorized_keys._refuse_links: os.path.realpath"),
        *("durable.missing_folders: os.path.isdir", "file_systems.validate: os.path.realpath"),
        "other_users._of_links: os.lstat",
        *("resolving._to_remove: os.path.lexists", "exposed_paths._is_owners: os.lstat"),
        *(
            "created_folders.remove_unneeded: os.path.isdir",
            "lock.writers_held_off: os.path.lexists",
        ),
        *("os_errors._lacks_inodes: os.statvfs", "writable._mount_problems: os.path.realpath"),
        *("writable._problems: os.path.isdir", "writable._problems: os.path.realpath"),
        *("writable._special_type: os.lstat", "writable.nearest_folder: os.path.lexists"),
        *("originals.is_restored: os.path.lexists", "disk_space._problems: os.statvfs"),
        *("disk_space._size: os.lstat", "disk_space.validate: os.stat"),
    },
    "it only decides whether the mount is made writable that the path itself names": {
        *(
            "recorded_mounts.make_writable: os.path.isdir",
            "recorded_mounts.make_writable: os.statvfs",
        ),
    },
    "nobody but root can rename anything along it": {
        *("confirmation.confirm: shutil.rmtree", "durable.empty: os.listdir"),
        *("confirmation.remove_watchdog: shutil.rmtree", "watchdog._contents: os.scandir"),
        *("boot_loop._read: open", "boot_loop.count: os.statvfs"),
        *("reserve.free: shutil.rmtree", "reserve.keep: os.stat", "kubelet._text: open"),
        *("reserve.keep: os.mknod", "kubelet.registers_host_name: os.path.isdir"),
        *("boot_mounts._vital_below: os.listdir", "boot_mounts._vital_below: os.path.isdir"),
        *("reboots._place: os.path.islink", "reboots._place: os.path.lexists"),
        *("reboots._place: os.readlink", "recorded_mounts._bind: tempfile.mkdtemp"),
        *(
            "recorded_mounts._has_same_source: os.path.realpath",
            "recorded_mounts._uuid: os.listdir",
        ),
        *("recorded_mounts._uuid: os.path.isdir", "recorded_mounts._uuid: os.path.realpath"),
        *("record_files._rename: os.path.lexists", "record_files._rename: os.rename"),
        "record_files.keep_unknown_originals: os.listdir",
        *("durable.empty: os.path.isdir", "stored_contents.remove_unused: os.listdir"),
        *("force_file.exists: os.path.lexists", "force_file.remove: os.unlink"),
        *("enablement_links._inside: os.listdir", "enablement_links._inside: os.path.isdir"),
        *("enablement_links._target: os.readlink", "dry_run._copy: os.listdir"),
        *("dry_run._copy_entry: os.path.isdir", "dry_run._copy_entry: os.path.isfile"),
        *("dry_run._copy_entry: os.path.islink", "dry_run._copy_entry: os.readlink"),
        *("dry_run._is_own_file: os.path.isfile", "dry_run.copied: os.path.isdir"),
        *("dry_run.copied: os.path.islink", "dry_run.copied: os.readlink"),
    },
    "it is in a folder that this call has made for root alone": {
        *("dry_run._copy: os.makedirs", "dry_run._copy_entry: os.symlink"),
        *("dry_run._copy_file: open", "dry_run.enable: os.symlink"),
        *("dry_run.enable: os.unlink", "dry_run.copied: os.symlink", "dry_run.put: open"),
        *("dry_run.put: os.makedirs", "dry_run.put: os.symlink", "dry_run.put: os.unlink"),
        *("dry_run.alias_target: os.path.islink", "dry_run.alias_target: os.readlink"),
        *("dry_run.path_of: os.path.lexists", "scratch._sweep: os.listdir"),
        *("scratch._remove_unless_in_use: shutil.rmtree", "scratch.folder: shutil.rmtree"),
        "scratch.folder: tempfile.mkdtemp",
    },
    "it is the kernel's, or the machine's own name": {
        *("listening.is_at: open", "login._of: open", "login._of: os.stat", "login._parent: open"),
        *("accounts._in_use: os.listdir", "accounts._in_use: os.stat"),
        *("kubelet._command_lines: open", "kubelet._command_lines: os.listdir"),
        *("kubelet._command_lines: os.readlink", "kubelet._is_of_root: os.readlink"),
        "kubelet._is_of_root: os.stat",
        *("boot_mounts._is_root_read_only_at_first: open", "boot_mounts._known_types: open"),
        *("mounts.read: open", "node_record.boot_id: open", "recorded_mounts.read: open"),
        *("mounts.swap_files: open", "node_record._machine_id: open"),
        "other_users._backing_files: open",
        "selinux.contexts: os.path.exists",
    },
    "it is no path but an open file": {
        *("durable.sweep: os.listdir", "extra_rights.of: os.getxattr"),
        "extra_rights._names: os.listxattr",
        *("image._attributes: os.getxattr", "image._attributes: os.listxattr"),
        *("image._finish: os.setxattr", "image._finish: os.utime"),
        *("writing.label: os.setxattr", "writing.write: os.setxattr"),
    },
    "a child with the rights of the user alone goes there": {
        "authorized_keys._path: os.path.realpath",
    },
}
ALL_KNOWN = set[str]().union(*KNOWN.values())


def calls() -> Iterator[str]:
    """Yield each call that names a path, as `module.function: call`."""
    for path in sorted(NODE_SIDE.rglob("*.py")):
        if path.stem != "safe_paths":
            for function in ast.walk(ast.parse(path.read_text())):
                if isinstance(function, ast.FunctionDef):
                    yield from (f"{path.stem}.{function.name}: {each}" for each in _named(function))


def _named(function: ast.FunctionDef) -> Iterator[str]:
    for node in ast.walk(function):
        if isinstance(node, ast.Call) and not RELATIVE & {each.arg for each in node.keywords}:
            module, _, name = ast.unparse(node.func).rpartition(".")
            if name in BY_NAME.get(module, ()) or (name == "open" and not module):
                yield f"{module}.{name}".lstrip(".")


def test_each_call_with_a_path_is_listed_with_the_reason_why_it_is_safe() -> None:
    assert sorted({*calls()} - ALL_KNOWN) == []


def test_no_listed_call_is_obsolete() -> None:
    assert sorted(ALL_KNOWN - {*calls()}) == []
