"""Trains and samples with a checkout of the PyTorch implementation, for bench/pytorch.ts, which starts it.

The model, its distributions and its KL schedule are imported from the checkout; the step does what its train.py does.
"""

import contextlib
import functools
import math
import resource
import sys
import time
import types

import protocol


class Reference:
    """One model in one way of running it."""

    def prepare(self, checkout, config, images, batch, training, threads, bfloat16, channels_last, compiled, simd):
        """Builds the model."""
        torch = import_torch(threads)
        self.torch = torch
        model = import_model(checkout, config)
        layout = torch.channels_last if channels_last else torch.contiguous_format
        self.model = model.to(memory_format=layout)
        self.images = read_images(torch, images, batch, model.input_dimension).contiguous(memory_format=layout)
        self.training = training
        self.schedule = kl_schedule(torch, model, training)
        self.optimizer = torch.optim.Adamax(
            model.parameters(),
            training["learning_rate"],
            weight_decay=training["weight_decay"],
            eps=1e-3,
            foreach=True,
        )
        autocast = functools.partial(torch.autocast, "cpu", torch.bfloat16)
        self.precision = autocast if bfloat16 else contextlib.nullcontext
        self.loss, self.images_of, self.update = self.losses, self.sampled, self.optimizer.step
        if compiled:
            self.compile(simd)

    def compile(self, simd):
        """Compiles the loss, the optimiser's update, and sampling, where weights do not change and can be folded."""
        torch = self.torch
        torch._inductor.config.cpp.simdlen = 256 if simd == "avx2" else None
        self.loss = torch.compile(self.losses)
        self.update = torch.compile(self.optimizer.step)
        self.images_of = torch.compile(self.sampled, options={"freezing": True})

    def losses(self, images):
        """The loss of train.py: negative log likelihood, balanced KL with its warm-up, and regularisation."""
        torch, training = self.torch, self.training
        distribution, kl = self.model(images)
        log_p = torch.sum(distribution.log_p(images), dim=[1, 2, 3])
        balanced = self.schedule.warm_up_coeff() * self.schedule.balance(kl)
        loss = torch.mean(training["kl_constant"] * balanced - log_p)
        if training["regularization_constant"] == 0:
            return loss
        return loss + training["regularization_constant"] * self.model.regularization_loss()

    def sampled(self, count, temperature):
        return self.model.sample(count, temperature)

    def step(self, count):
        """Makes this number of training steps; their seconds, and the last loss."""
        self.model.train()
        return self.timed(count, self.train_once)

    def train_once(self):
        self.optimizer.zero_grad()
        with self.precision():
            loss = self.loss(self.images)
        loss.backward()
        limit = self.training["gradient_clipping"]
        if limit is not None:
            self.torch.nn.utils.clip_grad_norm_(self.model.parameters(), limit)
        self.update()
        return loss.item()

    def sample(self, count, images, temperature):
        """Samples this number of times; the seconds, and the mean value of the last images."""
        self.model.eval()
        return self.timed(count, lambda: self.sample_once(images, temperature))

    def sample_once(self, images, temperature):
        with self.torch.no_grad(), self.precision():
            return self.images_of(images, temperature).float().mean().item()

    def timed(self, count, work):
        seconds = []
        for _ in range(count):
            start = time.perf_counter()
            value = work()
            seconds.append(time.perf_counter() - start)
        if not math.isfinite(value):
            raise ValueError(f"the result is {value}")
        return {"seconds": seconds, "value": value}

    def peak(self):
        """The most memory that this process had, in bytes."""
        unit = 1 if sys.platform == "darwin" else 1024
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def import_torch(threads):
    import torch

    torch.set_num_threads(threads)
    torch.set_flush_denormal(True)
    torch.manual_seed(0)
    return torch


def import_model(checkout, config):
    sys.path.insert(0, checkout)
    try:
        import tkinter  # the checkout imports a name of it without using it, and many Pythons come without it
    except ImportError:
        sys.modules["tkinter"] = types.SimpleNamespace(X="x")
    from model_from_config import get_model

    return get_model(config)


def kl_schedule(torch, model, training):
    """The schedule of the checkout. Its weights fit models with the same number of groups in each scale or one scale only."""
    from kl_scheduler import KLScheduler

    schedule = KLScheduler(training["warmup_epochs"], model, current_step=training["epoch"])
    groups = model.decoder_tower.n_inputs
    if schedule.kl_multiplier.shape[0] != groups:
        schedule.kl_multiplier = torch.ones(groups, 1)  # the values make no difference to the time
    return schedule


def read_images(torch, path, batch, size):
    with open(path, "rb") as file:
        pixels = torch.frombuffer(bytearray(file.read()), dtype=torch.uint8)
    return pixels.reshape(batch, size, size, 3).permute(0, 3, 1, 2).float() / 255


if __name__ == "__main__":
    reference = Reference()
    names = ("prepare", "step", "sample", "peak")
    protocol.serve({name: getattr(reference, name) for name in names})
