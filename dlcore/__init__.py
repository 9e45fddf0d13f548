"""dlcore: deep learning written entirely in Python, on NVIDIA GPUs and on machines without."""
