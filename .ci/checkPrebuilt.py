"""Checks the addons that were built for all platforms, by a reader that is not ours: format and processor, symbols that the oldest systems have,
nothing needed but Node and the system's own libraries, and a signature where macOS wants one.

    PYTHONPATH=$(.ci/getZig) python3 .ci/checkPrebuilt.py prebuilt

The argument is a package or a folder of packages.
"""
import json
import pathlib
import sys

import lief

MACHINES = {
    "linux x64": "ARCH.X86_64",
    "linux arm64": "ARCH.AARCH64",
    "darwin x64": "CPU_TYPE.X86_64",
    "darwin arm64": "CPU_TYPE.ARM64",
    "win32 x64": "MACHINE_TYPES.AMD64",
}
OLDEST_GLIBC = (2, 28)
ENTRY = "napi_register_module_v1"
SYSTEM = {
    "glibc": {"libc.so.6", "libm.so.6", "libpthread.so.0", "libdl.so.2", "ld-linux-x86-64.so.2", "ld-linux-aarch64.so.1"},
    "musl": {"libc.so"},
    "darwin": {"/usr/lib/libSystem.B.dylib"},
}
ANY_IMAGE = -2  # BIND_SPECIAL_DYLIB_FLAT_LOOKUP
LARGEST = 3 * 2**20


def elf(binary, libc):
    versions = [v.name for r in binary.symbols_version_requirement for v in r.get_auxiliary_symbols()]
    too_new = [v for v in versions if tuple(map(int, v.removeprefix("GLIBC_").split("."))) > OLDEST_GLIBC]
    assert not too_new, f"needs {too_new}"
    others = set(binary.libraries) - SYSTEM[libc]
    assert not others, f"needs {others}"
    undefined = {s.name for s in binary.dynamic_symbols if s.shndx == 0}
    return undefined, {s.name for s in binary.exported_symbols}


def mach_o(binary, cpu):
    others = {library.name for library in binary.libraries} - SYSTEM["darwin"]
    assert not others - {"@rpath/nvae.node"}, f"needs {others}"
    bound = {binding.library_ordinal for binding in binary.bindings if binding.has_symbol and binding.symbol.name.startswith("_napi_")}
    assert bound == {ANY_IMAGE}, f"looks for Node-API in libraries {bound}"
    assert cpu != "arm64" or binary.has_code_signature, "is not signed: macOS does not load it"
    assert binary.build_version.minos[0] <= 13, f"needs macOS {binary.build_version.minos}"
    strip = lambda names: {name.removeprefix("_") for name in names}
    return strip(s.name for s in binary.imported_symbols), strip(s.name for s in binary.exported_symbols)


def pe(binary):
    imports = {library.name.lower(): {e.name for e in library.entries} for library in binary.imports}
    others = {name for name in imports if name not in ("node.exe", "kernel32.dll", "ntdll.dll") and not name.startswith("api-ms-win-crt")}
    assert not others, f"needs {others}"
    return imports.get("node.exe", set()), {e.name for e in binary.get_export().entries}


def check(folder):
    manifest = json.loads((folder / "package.json").read_text())
    [system], [cpu], [libc] = manifest["os"], manifest["cpu"], manifest.get("libc", [None])
    addon = folder / "nvae.node"
    binary = lief.parse(str(addon))
    machine = getattr(binary.header, "machine_type", None) or getattr(binary.header, "cpu_type", None) or binary.header.machine
    assert str(machine).endswith(MACHINES[f"{system} {cpu}"]), f"is for {machine}"
    imported, exported = elf(binary, libc) if system == "linux" else mach_o(binary, cpu) if system == "darwin" else pe(binary)
    assert ENTRY in exported, f"does not export {ENTRY}"
    node_api = {name for name in imported if name.startswith("napi_")}
    assert len(node_api) > 10, f"imports of Node-API only {node_api}"
    size = addon.stat().st_size
    assert size <= LARGEST, f"has {size} bytes, more than {LARGEST}"
    print(f"{manifest['name']:36} {size / 2**20:.2f} MiB, {machine}, {len(node_api)} functions of Node-API")


failed = False
given = pathlib.Path(sys.argv[1])
folders = sorted(path for path in [given, *given.iterdir()] if (path / "package.json").exists())
if not folders:
    sys.exit(f"{sys.argv[1]} has no packages")
for folder in folders:
    try:
        check(folder)
    except AssertionError as error:
        failed = True
        print(f"{folder}: {error}", file=sys.stderr)
sys.exit(1 if failed else 0)
