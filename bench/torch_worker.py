"""One of PyTorch's contenders, in a process of its own: `python bench/torch_worker.py JOB`."""

import json
import sys

import torch
from safetensors.torch import load_file
from torch_models import MODELS

from dlcore.bench.memory import reset_peak_memory
from dlcore.bench.process import first_steps, open_channel, serve


def training_step(job, model, x, y):
    """As dlcore's: cross entropy, its gradients, SGD with momentum; in fp16 with a loss scale."""
    options = {"lr": job["lr"], "momentum": job["momentum"], "fused": True}  # its fastest
    optimizer = torch.optim.SGD(model.parameters(), **options)
    dtype = getattr(torch, job["dtype"])
    scaler = torch.amp.GradScaler("cpu", job["loss_scale"], enabled=dtype == torch.float16)
    forward = torch.compile(model) if job["compiled"] else model

    def step():
        optimizer.zero_grad()
        with torch.autocast("cpu", dtype, enabled=dtype != torch.float32):
            loss = torch.nn.functional.cross_entropy(forward(x), y)
        scaler.scale(loss).backward()
        scaler.step(optimizer)
        scaler.update()
        return loss.detach().numpy()

    return step


def inference_step(job, model, x):
    dtype = getattr(torch, job["dtype"])
    forward = torch.compile(model) if job["compiled"] else model

    def step():
        with torch.inference_mode(), torch.autocast("cpu", dtype, enabled=dtype != torch.float32):
            return forward(x).float().numpy()

    return step


def main():
    channel = open_channel()
    job = json.loads(sys.argv[1])
    torch.set_num_threads(job["threads"])
    state = load_file(job["state"])
    x, y = state.pop("samples"), state.pop("labels")
    model = MODELS[job["model"]](job["outputs"])
    model.load_state_dict(state)
    layout = torch.channels_last if job["channels_last"] else torch.contiguous_format
    model, x = model.to(memory_format=layout).train(job["training"]), x.to(memory_format=layout)
    del state
    reset_peak_memory()
    step = training_step(job, model, x, y) if job["training"] else inference_step(job, model, x)
    dropouts = [module for module in model.modules() if isinstance(module, torch.nn.Dropout)]
    for module in dropouts:
        module.eval()
    facts = first_steps(step, job["checks"])
    for module in dropouts:
        module.train(job["training"])
    serve(step, facts, channel)


if __name__ == "__main__":
    main()
