"""The PyTorch side of `npm run pytorch`: loads files that we wrote, and writes files that we are to read.

It knows nothing of NVAE: modules are made from the lists of names and shapes in manifest.json.

    python pytorch.py load <folder>    checks every file in the manifest
    python pytorch.py save <folder>    writes files like the one in the manifest, and a manifest of them to written/
    python pytorch.py own <folder>     reads models of our own format, <name>.float32 and <name>.bfloat16, and compares them
"""

import copy
import hashlib
import json
import sys
from collections import OrderedDict
from pathlib import Path

import torch
from safetensors.torch import load_file

BUFFERS = ("running_mean", "running_var", "num_batches_tracked")


def digest(tensor):
    values = tensor.detach().contiguous().reshape(-1)
    return hashlib.sha256(bytes(values.view(torch.uint8).tolist())).hexdigest()


def module_of(entries):
    """A module with these parameters and buffers, all of them 0, in nested modules as their names say."""
    root = torch.nn.Module()
    for name, dtype, shape, _ in entries:
        *path, last = name.split(".")
        module = root
        for part in path:
            if part not in module._modules:
                module.add_module(part, torch.nn.Module())
            module = module._modules[part]
        values = torch.zeros(shape, dtype=getattr(torch, dtype))
        if last in BUFFERS:
            module.register_buffer(last, values)
        else:
            module.register_parameter(last, torch.nn.Parameter(values))
    return root


def optimizer_of(module, length):
    optimizer = torch.optim.Adamax(module.parameters(), 0.5, weight_decay=0.5, eps=1e-3)
    return optimizer, torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, length, eta_min=0.5)


def equal(what, got, expected):
    if got != expected:
        raise SystemExit(f"{what}: expected {str(expected)[:300]}, got {str(got)[:300]}")


def close(what, got, expected):
    if abs(got - expected) > 1e-9 * abs(expected):
        raise SystemExit(f"{what}: expected {expected}, got {got}")


def train_step(module, optimizer):
    for parameter in module.parameters():
        parameter.grad = torch.randn_like(parameter)
    optimizer.step()


def check(path, entry):
    """A fresh module loads the file with strict=True and then has the values that we gave; so does its optimiser."""
    for mmap in (False, True):
        saved = torch.load(path, weights_only=True, mmap=mmap)
        equal(f"{path}: entries", list(saved), entry["entries"])
        equal(f"{path}: model_arch", saved["model_arch"], entry["model_arch"])
        module = module_of(entry["state_dict"])
        module.load_state_dict(saved["state_dict"], strict=True)
        own = module.state_dict()
        equal(f"{path}: order", list(saved["state_dict"]), list(own))
        found = [[n, str(t.dtype)[6:], list(t.shape), digest(t)] for n, t in own.items()]
        for got, expected in zip(found, entry["state_dict"], strict=True):
            equal(path, got, expected)
    if "optimizer" in saved:
        check_run(path, entry, saved, module)


def check_run(path, entry, saved, module):
    for key in ("epoch", "seen_images", "total_epochs", "log_dir"):
        equal(f"{path}: {key}", saved[key], entry[key])
        equal(f"{path}: type of {key}", type(saved[key]), type(entry[key]))
    optimizer, scheduler = optimizer_of(module, 77)
    optimizer.load_state_dict(saved["optimizer"])
    scheduler.load_state_dict(saved["optimizer_scheduler"])
    for name, parameter in module.named_parameters():
        slots = optimizer.state[parameter]
        equal(f"{path}: step", float(slots["step"]), float(entry["step"]))
        equal(f"{path}: exp_avg of {name}", digest(slots["exp_avg"]), entry["exp_avg"][name])
        equal(f"{path}: exp_inf of {name}", digest(slots["exp_inf"]), entry["exp_inf"][name])
    group = optimizer.param_groups[0]
    equal(f"{path}: weight_decay", group["weight_decay"], entry["weight_decay"])
    equal(f"{path}: betas, eps", [*group["betas"], group["eps"]], [0.9, 0.999, 1e-3])
    # The rates of all epochs that follow, as the PyTorch implementation changes them.
    for offset, rate in enumerate(entry["rates"]):
        close(f"{path}: rate of epoch {saved['epoch'] + offset}", group["lr"], rate)
        train_step(module, optimizer)
        if saved["epoch"] + offset > entry["warmup_epochs"]:
            scheduler.step()


def load(folder):
    manifest = json.loads((folder / "manifest.json").read_text())
    for entry in manifest:
        check(folder / entry["file"], entry)
        print(f"PyTorch {torch.__version__} loads {entry['file']}", flush=True)


def save(folder):
    torch.manual_seed(1)
    entries = json.loads((folder / "manifest.json").read_text())
    [entry] = [entry for entry in entries if entry["template"]]
    into = folder / "written"
    into.mkdir()
    module = module_of(entry["state_dict"])
    for name, values in module.state_dict().items():
        if values.dtype == torch.int64:
            values.fill_(5)
        else:
            values.copy_(torch.randn_like(values)).abs_() if name.endswith("running_var") else values.normal_()
            values.reshape(-1)[0] = -0.0
    optimizer, scheduler = optimizer_of(module, 3)
    for _ in range(3):
        train_step(module, optimizer)
    scheduler.step()
    model = {"state_dict": module.state_dict(), "model_arch": entry["model_arch"]}
    run = {
        "epoch": 2,
        "state_dict": module.state_dict(),
        "optimizer": optimizer.state_dict(),
        "optimizer_scheduler": scheduler.state_dict(),
        "seen_images": 5_000_000_000,
        "log_dir": entry["log_dir"],
        "total_epochs": 8,
        "model_arch": entry["model_arch"],
    }
    manifest = []

    def write(file, content, **options):
        torch.save(content, into / file, **options)
        state_dict = content["state_dict"]
        float32 = {n: t.float() if t.is_floating_point() else t for n, t in state_dict.items()}
        listed = [[n, str(t.dtype)[6:], list(t.shape), digest(t)] for n, t in float32.items()]
        about = {"file": file, "kind": "checkpoint" if "optimizer" in content else "model", "state_dict": listed}
        if "optimizer" in content:
            names = [name for name, _ in module.named_parameters()]
            states = content["optimizer"]["state"]
            for key in ("exp_avg", "exp_inf"):
                about[key] = {name: digest(states[i][key]) for i, name in enumerate(names)}
            about |= {"step": 3, "epoch": 2, "seen_images": content["seen_images"]}
        manifest.append(about)

    def converted(dtype):
        tensors = [(n, t.to(dtype) if t.is_floating_point() else t) for n, t in module.state_dict().items()]
        return {**model, "state_dict": OrderedDict(tensors)}

    old = {"_use_new_zipfile_serialization": False}
    write("new.model", model)
    write("new.checkpoint", run)
    write("old.model", model, **old)
    write("old.checkpoint", copy.deepcopy(run), **old)
    for name in ("half", "bfloat16", "double"):
        write(f"{name}.model", converted(getattr(torch, name)))
    write("half_old.model", converted(torch.half), **old)
    (into / "manifest.json").write_text(json.dumps(manifest))
    print(f"PyTorch {torch.__version__} wrote {', '.join(entry['file'] for entry in manifest)}", flush=True)


def own(folder):
    paths = sorted(folder.glob("*.float32"))
    if not paths:
        raise SystemExit(f"{folder}: no models")
    for path in paths:
        whole, half = load_file(path), load_file(path.with_suffix(".bfloat16"))
        equal(f"{path}: names", sorted(half), sorted(whole))
        rounded = 0
        for name, values in whole.items():
            is_parameter = name.rsplit(".", 1)[-1] not in BUFFERS
            rounded += is_parameter
            expected = values.to(torch.bfloat16) if is_parameter else values
            equal(f"{path}: type of {name}", half[name].dtype, expected.dtype)
            equal(f"{path}: {name}", digest(half[name]), digest(expected))
        print(f"safetensors reads {path.name} and .bfloat16: {rounded} tensors rounded as PyTorch rounds", flush=True)


if __name__ == "__main__":
    {"load": load, "save": save, "own": own}[sys.argv[1]](Path(sys.argv[2]))
