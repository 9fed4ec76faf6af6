"""A pipeline of pictures is pushed and loaded by name."""

import sys

import torch
from diffusers import DDPMPipeline, DDPMScheduler, DiffusionPipeline, UNet2DModel

name = sys.argv[2]
sizes = {"sample_size": 8, "block_out_channels": (8, 8), "layers_per_block": 1, "norm_num_groups": 4}
blocks = {"down_block_types": ("DownBlock2D",) * 2, "up_block_types": ("UpBlock2D",) * 2}
unet = UNet2DModel(in_channels=3, out_channels=3, **sizes, **blocks)
made = DDPMPipeline(unet=unet, scheduler=DDPMScheduler(num_train_timesteps=10))
made.push_to_hub(name, private=True)
loaded = DiffusionPipeline.from_pretrained(name)
for key, value in made.unet.state_dict().items():
    assert torch.equal(value, loaded.unet.state_dict()[key]), key
