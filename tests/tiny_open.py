"""Tiny open-weights pipelines with random weights, saved as diffusers folders: the real loading code and the real
pipelines run on them, only the numbers in them mean nothing. No file of a hub is needed; each takes under a second.
"""

from __future__ import annotations

import functools
import json
from pathlib import Path

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors

WORDS = ["a", "the", "red", "blue", "green", "ball", "cube", "rolls", "on", "snow", "night", "cat", "dog", "runs"]


def t5_tokenizer(longest: int = 512):
    from transformers import PreTrainedTokenizerFast

    pieces = [f"▁{word}" for word in WORDS] + list("abcdefghijklmnopqrstuvwxyz.,▁0123456789")
    vocabulary = list(dict.fromkeys(["<pad>", "</s>", "<unk>", *pieces]))
    made = Tokenizer(models.Unigram([(piece, -float(rank)) for rank, piece in enumerate(vocabulary)], unk_id=2))
    made.pre_tokenizer = pre_tokenizers.Metaspace()
    made.decoder = decoders.Metaspace()
    made.post_processor = processors.TemplateProcessing(single="$A </s>", special_tokens=[("</s>", 1)])
    names = {"pad_token": "<pad>", "eos_token": "</s>", "unk_token": "<unk>"}
    return PreTrainedTokenizerFast(tokenizer_object=made, model_max_length=longest, padding_side="right", **names)


def t5(multilingual: bool = False):
    from transformers import T5Config, T5EncoderModel, UMT5Config, UMT5EncoderModel

    config, model = (UMT5Config, UMT5EncoderModel) if multilingual else (T5Config, T5EncoderModel)
    torch.manual_seed(1)
    sizes = {"vocab_size": 128, "d_model": 32, "d_kv": 8, "d_ff": 37, "num_layers": 2, "num_heads": 4}
    return model(config(**sizes, decoder_start_token_id=0, tie_word_embeddings=False)).eval()


def wan_vae(**changed):
    from diffusers import AutoencoderKLWan

    torch.manual_seed(2)
    sizes = {"base_dim": 4, "z_dim": 16, "dim_mult": [1, 1, 1, 1], "num_res_blocks": 1}
    return AutoencoderKLWan(**{**sizes, "temperal_downsample": [False, True, True], **changed}).eval()


def wan_vae_22():
    means = {"latents_mean": [0.1] * 48, "latents_std": [1.1] * 48}
    scale = {"scale_factor_spatial": 16, "scale_factor_temporal": 4, "is_residual": True, "patch_size": 2}
    return wan_vae(z_dim=48, decoder_base_dim=4, in_channels=12, out_channels=12, **means, **scale)


def wan_transformer(seed=3, kind=None, **changed):
    from diffusers import WanTransformer3DModel

    torch.manual_seed(seed)
    sizes = {"patch_size": (1, 2, 2), "num_attention_heads": 2, "attention_head_dim": 12, "in_channels": 16}
    sizes |= {"out_channels": 16, "text_dim": 32, "freq_dim": 64, "ffn_dim": 64, "num_layers": 2}
    sizes |= {"cross_attn_norm": True, "qk_norm": "rms_norm_across_heads", "rope_max_seq_len": 64}
    return (kind or WanTransformer3DModel)(**{**sizes, **changed}).eval()


def unipc(shift=3.0):
    from diffusers import UniPCMultistepScheduler

    return UniPCMultistepScheduler(prediction_type="flow_prediction", use_flow_sigmas=True, flow_shift=shift)


def wan_parts(**changed):
    parts = {"tokenizer": t5_tokenizer(), "text_encoder": t5(multilingual=True), "vae": wan_vae()}
    return {**parts, "transformer": wan_transformer(), "scheduler": unipc(), **changed}


def clip_vision():
    from transformers import CLIPImageProcessor, CLIPVisionConfig, CLIPVisionModel

    torch.manual_seed(5)
    sizes = {"hidden_size": 4, "projection_dim": 4, "num_hidden_layers": 2, "num_attention_heads": 2}
    encoder = CLIPVisionModel(CLIPVisionConfig(**sizes, image_size=32, intermediate_size=16, patch_size=8)).eval()
    return {"image_encoder": encoder, "image_processor": CLIPImageProcessor(crop_size=32, size=32)}


def wan_t2v():
    from diffusers import WanPipeline

    return WanPipeline(**wan_parts())


def wan22_t2v():
    from diffusers import WanPipeline

    return WanPipeline(**wan_parts(transformer_2=wan_transformer(seed=4)), boundary_ratio=0.875)


def wan22_5b():
    from diffusers import WanPipeline

    transformer = wan_transformer(in_channels=48, out_channels=48)
    return WanPipeline(**wan_parts(vae=wan_vae_22(), transformer=transformer), expand_timesteps=True)


def wan_i2v(**changed):
    from diffusers import WanImageToVideoPipeline

    transformer = wan_transformer(in_channels=36, image_dim=4, added_kv_proj_dim=24, **changed)
    return WanImageToVideoPipeline(**wan_parts(transformer=transformer), **clip_vision())


def wan_flf():
    return wan_i2v(pos_embed_seq_len=2 * ((32 // 8) ** 2 + 1))  # the tokens of two pictures


def wan22_i2v():
    from diffusers import WanImageToVideoPipeline

    experts = {"transformer": wan_transformer(in_channels=36), "transformer_2": wan_transformer(4, in_channels=36)}
    return WanImageToVideoPipeline(**wan_parts(**experts), boundary_ratio=0.9)


def wan_vace():
    from diffusers import WanVACEPipeline, WanVACETransformer3DModel

    sizes = {"num_layers": 3, "vace_layers": [0, 2], "vace_in_channels": 96}
    return WanVACEPipeline(**wan_parts(transformer=wan_transformer(kind=WanVACETransformer3DModel, **sizes)))


CHAT = (
    "{% for m in messages %}<|im_start|>{{m['role']}}\n{% if m['content'] is string %}{{m['content']}}{% else %}"
    "{% for c in m['content'] %}{{c['text']}}{% endfor %}{% endif %}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


def byte_tokenizer():
    """A token for each byte, as the large language models' tokenizers would have without their merges."""
    from transformers import PreTrainedTokenizerFast

    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    made = Tokenizer(models.BPE(vocab={letter: number for number, letter in enumerate(alphabet)}, merges=[]))
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = decoders.ByteLevel()
    made.add_special_tokens(["<|endoftext|>", "<|im_start|>", "<|im_end|>"])
    names = {"pad_token": "<|endoftext|>", "eos_token": "<|im_end|>"}
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=made, model_max_length=1024, **names)
    tokenizer.chat_template = CHAT
    return tokenizer


#: Sizes of a language model with tokens for bytes.
LANGUAGE = {"vocab_size": 300, "hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 2}
LANGUAGE |= {"num_attention_heads": 2, "num_key_value_heads": 2}


def clip_text(projected=False):
    """A tokenizer that begins and ends a text, and CLIP for it, 32 wide."""
    from transformers import CLIPTextConfig, CLIPTextModel, CLIPTextModelWithProjection, PreTrainedTokenizerFast

    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    made = Tokenizer(models.BPE(vocab={letter: number for number, letter in enumerate(alphabet)}, merges=[]))
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = decoders.ByteLevel()
    made.add_special_tokens(["<|startoftext|>", "<|endoftext|>"])
    marks = [("<|startoftext|>", 256), ("<|endoftext|>", 257)]
    made.post_processor = processors.TemplateProcessing(single="<|startoftext|> $A <|endoftext|>", special_tokens=marks)
    names = {"bos_token": "<|startoftext|>", "eos_token": "<|endoftext|>", "pad_token": "<|endoftext|>"}
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=made, model_max_length=77, **names)
    torch.manual_seed(6)
    sizes = {"vocab_size": 300, "hidden_size": 32, "intermediate_size": 37, "num_hidden_layers": 2}
    ends = {"bos_token_id": 256, "eos_token_id": 257, "pad_token_id": 1}
    config = CLIPTextConfig(**sizes, **ends, num_attention_heads=4, projection_dim=32)
    return tokenizer, (CLIPTextModelWithProjection if projected else CLIPTextModel)(config).eval()


def picture_vae(latents=4, levels=2, **changed):
    from diffusers import AutoencoderKL

    torch.manual_seed(2)
    return AutoencoderKL(
        in_channels=3, out_channels=3, down_block_types=["DownEncoderBlock2D"] * levels,
        up_block_types=["UpDecoderBlock2D"] * levels, block_out_channels=[16] * levels, layers_per_block=1,
        latent_channels=latents, norm_num_groups=8, sample_size=32, **changed,
    ).eval()  # fmt: skip


def sdxl():
    from diffusers import EulerDiscreteScheduler, StableDiffusionXLPipeline, UNet2DConditionModel

    torch.manual_seed(3)
    unet = UNet2DConditionModel(
        block_out_channels=(16, 32), layers_per_block=1, sample_size=4, in_channels=4, out_channels=4,
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"), up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
        attention_head_dim=(2, 4), use_linear_projection=True, addition_embed_type="text_time", norm_num_groups=8,
        addition_time_embed_dim=8, transformer_layers_per_block=(1, 1), cross_attention_dim=64,
        projection_class_embeddings_input_dim=6 * 8 + 32,
    ).eval()  # fmt: skip
    (tokenizer, encoder), (tokenizer_2, encoder_2) = clip_text(), clip_text(projected=True)
    scheduler = EulerDiscreteScheduler(beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear")
    words = {"tokenizer": tokenizer, "tokenizer_2": tokenizer_2, "text_encoder": encoder, "text_encoder_2": encoder_2}
    return StableDiffusionXLPipeline(**words, vae=picture_vae(levels=4), unet=unet, scheduler=scheduler)


def flux():
    from diffusers import FlowMatchEulerDiscreteScheduler, FluxPipeline, FluxTransformer2DModel

    torch.manual_seed(3)
    transformer = FluxTransformer2DModel(
        patch_size=1, in_channels=16, num_layers=1, num_single_layers=1, attention_head_dim=16, num_attention_heads=2,
        joint_attention_dim=32, pooled_projection_dim=32, axes_dims_rope=[4, 4, 8], guidance_embeds=True,
    ).eval()  # fmt: skip
    tokenizer, encoder = clip_text()
    words = {"tokenizer": tokenizer, "text_encoder": encoder, "tokenizer_2": t5_tokenizer(), "text_encoder_2": t5()}
    vae = picture_vae(scaling_factor=0.3611, shift_factor=0.1159)
    return FluxPipeline(**words, vae=vae, transformer=transformer, scheduler=FlowMatchEulerDiscreteScheduler())


def flux2():
    from diffusers import (
        AutoencoderKLFlux2,
        FlowMatchEulerDiscreteScheduler,
        Flux2KleinPipeline,
        Flux2Transformer2DModel,
    )
    from transformers import Qwen3Config, Qwen3ForCausalLM

    torch.manual_seed(3)
    transformer = Flux2Transformer2DModel(
        patch_size=1, in_channels=16, num_layers=1, num_single_layers=1, attention_head_dim=16, num_attention_heads=2,
        joint_attention_dim=48, axes_dims_rope=[4, 4, 4, 4], guidance_embeds=False,
    ).eval()  # fmt: skip
    torch.manual_seed(2)
    vae = AutoencoderKLFlux2(
        sample_size=32, in_channels=3, out_channels=3, down_block_types=("DownEncoderBlock2D",) * 2,
        up_block_types=("UpDecoderBlock2D",) * 2, block_out_channels=(8, 8), layers_per_block=1, latent_channels=4,
        norm_num_groups=4,
    ).eval()  # fmt: skip
    language = {**LANGUAGE, "num_hidden_layers": 28}  # the words are taken from three layers, the last the 27th
    encoder = Qwen3ForCausalLM(Qwen3Config(**language, head_dim=8, max_position_embeddings=1024)).eval()
    parts = {"tokenizer": byte_tokenizer(), "text_encoder": encoder, "vae": vae, "transformer": transformer}
    return Flux2KleinPipeline(**parts, scheduler=FlowMatchEulerDiscreteScheduler())


def skyreels():
    from diffusers import SkyReelsV2Pipeline, SkyReelsV2Transformer3DModel

    return SkyReelsV2Pipeline(**wan_parts(transformer=wan_transformer(kind=SkyReelsV2Transformer3DModel)))


def skyreels_df():
    from diffusers import SkyReelsV2DiffusionForcingPipeline, SkyReelsV2Transformer3DModel

    transformer = wan_transformer(kind=SkyReelsV2Transformer3DModel, inject_sample_info=True)
    return SkyReelsV2DiffusionForcingPipeline(**wan_parts(transformer=transformer))


def skyreels_i2v():
    from diffusers import SkyReelsV2ImageToVideoPipeline, SkyReelsV2Transformer3DModel
    from transformers import CLIPVisionModelWithProjection

    transformer = wan_transformer(kind=SkyReelsV2Transformer3DModel, in_channels=36, image_dim=4, added_kv_proj_dim=24)
    sight = clip_vision()
    sight["image_encoder"] = CLIPVisionModelWithProjection(sight["image_encoder"].config).eval()
    return SkyReelsV2ImageToVideoPipeline(**wan_parts(transformer=transformer), **sight)


def kandinsky5():
    from diffusers import (
        AutoencoderKLHunyuanVideo,
        FlowMatchEulerDiscreteScheduler,
        Kandinsky5T2VPipeline,
        Kandinsky5Transformer3DModel,
    )
    from transformers import PreTrainedTokenizerFast, Qwen2_5_VLForConditionalGeneration

    torch.manual_seed(3)
    transformer = Kandinsky5Transformer3DModel(
        in_visual_dim=4, out_visual_dim=4, in_text_dim=16, in_text_dim2=32, time_dim=32, model_dim=48, ff_dim=64,
        num_text_blocks=1, num_visual_blocks=2, axes_dims=(8, 8, 8), visual_cond=True,
    ).eval()  # fmt: skip
    for parameter in transformer.parameters():  # its gates begin closed, and nothing would come from its blocks
        if not parameter.any():
            torch.nn.init.normal_(parameter, std=0.1)
    torch.manual_seed(2)
    vae = AutoencoderKLHunyuanVideo(
        in_channels=3, out_channels=3, latent_channels=4, block_out_channels=(8, 8, 8, 8), layers_per_block=1,
        norm_num_groups=4, mid_block_add_attention=False, down_block_types=("HunyuanVideoDownBlock3D",) * 4,
        up_block_types=("HunyuanVideoUpBlock3D",) * 4,
    ).eval()  # fmt: skip
    words = {word: number for number, word in enumerate(("<unk>", "<pad>", "<end>", *WORDS))}
    made = Tokenizer(models.WordLevel(words, unk_token="<unk>"))
    made.pre_tokenizer = pre_tokenizers.Whitespace()
    names = {"pad_token": "<pad>", "eos_token": "<end>", "unk_token": "<unk>"}
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=made, model_max_length=1024, **names)
    encoder = Qwen2_5_VLForConditionalGeneration(qwen_vl()).eval()
    tokenizer_2, encoder_2 = clip_text()
    return Kandinsky5T2VPipeline(
        transformer=transformer, vae=vae, text_encoder=encoder, tokenizer=tokenizer, text_encoder_2=encoder_2,
        tokenizer_2=tokenizer_2, scheduler=FlowMatchEulerDiscreteScheduler(shift=5.0),
    )  # fmt: skip


def qwen_vl():
    from transformers import Qwen2_5_VLConfig

    rope = {"rope_scaling": {"mrope_section": [1, 1, 2], "rope_type": "default", "type": "default"}, "rope_theta": 1e6}
    sight = {"depth": 1, "hidden_size": 16, "intermediate_size": 16, "num_heads": 2, "out_hidden_size": 16}
    torch.manual_seed(1)
    return Qwen2_5_VLConfig(text_config={**LANGUAGE, **rope}, vision_config=sight)


def ltx(kind="LTXPipeline", **changed):
    import diffusers

    torch.manual_seed(3)
    transformer = diffusers.LTXVideoTransformer3DModel(
        in_channels=8, out_channels=8, patch_size=1, patch_size_t=1, num_attention_heads=4, attention_head_dim=8,
        cross_attention_dim=32, num_layers=2, caption_channels=32,
    ).eval()  # fmt: skip
    torch.manual_seed(2)
    vae = diffusers.AutoencoderKLLTXVideo(
        latent_channels=8, block_out_channels=(8, 8, 8, 8), decoder_block_out_channels=(8, 8, 8, 8),
        layers_per_block=(1,) * 5, decoder_layers_per_block=(1,) * 5, patch_size=1, patch_size_t=1,
        spatio_temporal_scaling=(True, True, False, False), decoder_spatio_temporal_scaling=(True, True, False, False),
        decoder_inject_noise=(False,) * 5, upsample_residual=(False,) * 4, upsample_factor=(1,) * 4, **changed,
    ).eval()  # fmt: skip
    parts = {"tokenizer": t5_tokenizer(), "text_encoder": t5(), "vae": vae, "transformer": transformer}
    return getattr(diffusers, kind)(**parts, scheduler=diffusers.FlowMatchEulerDiscreteScheduler())


def ltx_098():
    return ltx("LTXConditionPipeline", timestep_conditioning=True)


def ltx2():
    from diffusers import (
        AutoencoderKLLTX2Audio,
        AutoencoderKLLTX2Video,
        FlowMatchEulerDiscreteScheduler,
        LTX2Pipeline,
        LTX2VideoTransformer3DModel,
    )
    from diffusers.pipelines.ltx2 import LTX2TextConnectors
    from diffusers.pipelines.ltx2.vocoder import LTX2Vocoder
    from transformers import Gemma3Config, Gemma3ForConditionalGeneration

    torch.manual_seed(1)
    words = {**LANGUAGE, "num_key_value_heads": 1, "head_dim": 8, "max_position_embeddings": 2048, "sliding_window": 64}
    sight = {"hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2}
    marks = {"image_token_index": 299, "boi_token_index": 298, "eoi_token_index": 297}
    gemma = Gemma3Config(
        text_config=words, vision_config={**sight, "image_size": 28, "patch_size": 14}, mm_tokens_per_image=4, **marks
    )
    encoder = Gemma3ForConditionalGeneration(gemma).eval()
    torch.manual_seed(3)
    heads = {"num_attention_heads": 2, "attention_head_dim": 8, "cross_attention_dim": 16}
    ears = {"audio_num_attention_heads": 2, "audio_attention_head_dim": 4, "audio_cross_attention_dim": 8}
    channels = {"in_channels": 4, "out_channels": 4, "audio_in_channels": 4, "audio_out_channels": 4}
    rope = {"rope_double_precision": False, "rope_type": "split"}
    transformer = LTX2VideoTransformer3DModel(
        **channels, **heads, **ears, **rope, patch_size=1, patch_size_t=1, num_layers=2, caption_channels=16,
        qk_norm="rms_norm_across_heads",
    ).eval()  # fmt: skip
    connector = {"connector_num_attention_heads": 2, "connector_attention_head_dim": 8, "connector_num_layers": 1}
    connector["connector_num_learnable_registers"] = None
    both = {f"{what}_{name}": value for what in ("video", "audio") for name, value in connector.items()}
    connectors = LTX2TextConnectors(
        caption_channels=16, text_proj_in_factor=3, connector_rope_base_seq_len=32, rope_theta=10000.0,
        causal_temporal_positioning=False, **both, **rope,
    ).eval()  # fmt: skip
    vae = AutoencoderKLLTX2Video(
        in_channels=3, out_channels=3, latent_channels=4, block_out_channels=(8,), decoder_block_out_channels=(8,),
        layers_per_block=(1,), decoder_layers_per_block=(1, 1), spatio_temporal_scaling=(True,),
        decoder_spatio_temporal_scaling=(True,), decoder_inject_noise=(False, False), downsample_type=("spatial",),
        upsample_residual=(False,), upsample_factor=(1,), timestep_conditioning=False, patch_size=1, patch_size_t=1,
        encoder_causal=True, decoder_causal=False,
    ).eval()  # fmt: skip
    audio_vae = AutoencoderKLLTX2Audio(
        base_channels=4, output_channels=2, ch_mult=(1,), num_res_blocks=1, attn_resolutions=None, in_channels=2,
        resolution=32, latent_channels=2, norm_type="pixel", causality_axis="height", dropout=0.0,
        mid_block_add_attention=False, sample_rate=16000, mel_hop_length=160, is_causal=True, mel_bins=8,
    ).eval()  # fmt: skip
    vocoder = LTX2Vocoder(
        in_channels=16, hidden_channels=32, out_channels=2, upsample_kernel_sizes=[4, 4], upsample_factors=[2, 2],
        resnet_kernel_sizes=[3], resnet_dilations=[[1, 3, 5]], leaky_relu_negative_slope=0.1,
        output_sampling_rate=16000,
    ).eval()  # fmt: skip
    return LTX2Pipeline(
        transformer=transformer, vae=vae, audio_vae=audio_vae, scheduler=FlowMatchEulerDiscreteScheduler(),
        text_encoder=encoder, tokenizer=byte_tokenizer(), connectors=connectors, vocoder=vocoder,
    )  # fmt: skip


def hunyuan15_i2v():
    from diffusers import HunyuanVideo15ImageToVideoPipeline
    from transformers import SiglipImageProcessor, SiglipVisionConfig, SiglipVisionModel

    sizes = {"hidden_size": 12, "intermediate_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2}
    sight = SiglipVisionModel(SiglipVisionConfig(**sizes, image_size=16, patch_size=8)).eval()
    prepares = SiglipImageProcessor(size={"height": 16, "width": 16})
    return HunyuanVideo15ImageToVideoPipeline(
        **hunyuan15(task_type="i2v").components, image_encoder=sight, feature_extractor=prepares
    )


def hunyuan15(task_type="t2v"):
    """18 MB: a projection of it is always 2048 wide."""
    from diffusers import (
        AutoencoderKLHunyuanVideo15,
        FlowMatchEulerDiscreteScheduler,
        HunyuanVideo15Pipeline,
        HunyuanVideo15Transformer3DModel,
    )
    from diffusers.guiders import ClassifierFreeGuidance
    from transformers import ByT5Tokenizer, Qwen2_5_VLTextConfig, Qwen2_5_VLTextModel, T5Config, T5EncoderModel

    torch.manual_seed(3)
    transformer = HunyuanVideo15Transformer3DModel(
        in_channels=9, out_channels=4, num_attention_heads=2, attention_head_dim=8, num_layers=2, num_refiner_layers=1,
        mlp_ratio=2.0, patch_size=1, patch_size_t=1, text_embed_dim=16, text_embed_2_dim=32, image_embed_dim=12,
        rope_axes_dim=(2, 2, 4), target_size=16, task_type=task_type,
    ).eval()  # fmt: skip
    vae = AutoencoderKLHunyuanVideo15(
        in_channels=3, out_channels=3, latent_channels=4, block_out_channels=(16, 16), layers_per_block=1,
        spatial_compression_ratio=4, temporal_compression_ratio=2, downsample_match_channel=False,
        upsample_match_channel=False,
    ).eval()  # fmt: skip
    rope = {"rope_scaling": {"mrope_section": [1, 1, 2], "rope_type": "default", "type": "default"}, "rope_theta": 1e6}
    encoder = Qwen2_5_VLTextModel(Qwen2_5_VLTextConfig(**LANGUAGE, **rope)).eval()
    torch.manual_seed(1)
    sizes = {"vocab_size": 384, "d_model": 32, "d_kv": 8, "d_ff": 37, "num_layers": 2, "num_heads": 4}
    return HunyuanVideo15Pipeline(
        transformer=transformer, vae=vae, scheduler=FlowMatchEulerDiscreteScheduler(shift=7.0), text_encoder=encoder,
        text_encoder_2=T5EncoderModel(T5Config(**sizes)).eval(), tokenizer=byte_tokenizer(),
        tokenizer_2=ByT5Tokenizer(), guider=ClassifierFreeGuidance(guidance_scale=6.0),
    )  # fmt: skip


def cogvideox_i2v():
    """Its positions are learned, so it makes clips of one size alone."""
    from diffusers import CogVideoXImageToVideoPipeline

    return CogVideoXImageToVideoPipeline(**cogvideox(in_channels=8, use_learned_positional_embeddings=True).components)


def cogvideox(in_channels=4, **changed):
    from diffusers import (
        AutoencoderKLCogVideoX,
        CogVideoXDDIMScheduler,
        CogVideoXPipeline,
        CogVideoXTransformer3DModel,
    )

    torch.manual_seed(3)
    transformer = CogVideoXTransformer3DModel(
        num_attention_heads=2, attention_head_dim=16, in_channels=in_channels, out_channels=4, time_embed_dim=2,
        text_embed_dim=32, num_layers=2, sample_width=4, sample_height=4, sample_frames=9, patch_size=2,
        temporal_compression_ratio=4, max_text_seq_length=226, use_rotary_positional_embeddings=True,
        **changed,
    ).eval()  # fmt: skip
    vae = AutoencoderKLCogVideoX(
        in_channels=3, out_channels=3, down_block_types=("CogVideoXDownBlock3D",) * 4,
        up_block_types=("CogVideoXUpBlock3D",) * 4, block_out_channels=(8, 8, 8, 8), latent_channels=4,
        layers_per_block=1, norm_num_groups=2, temporal_compression_ratio=4,
    ).eval()  # fmt: skip
    parts = {"tokenizer": t5_tokenizer(), "text_encoder": t5(), "scheduler": CogVideoXDDIMScheduler()}
    return CogVideoXPipeline(**parts, vae=vae, transformer=transformer)


def zimage():
    from diffusers import FlowMatchEulerDiscreteScheduler, ZImagePipeline, ZImageTransformer2DModel
    from transformers import Qwen3Config, Qwen3Model

    torch.manual_seed(3)
    transformer = ZImageTransformer2DModel(
        all_patch_size=(2,), all_f_patch_size=(1,), in_channels=16, dim=32, n_layers=2, n_refiner_layers=1, n_heads=2,
        n_kv_heads=2, norm_eps=1e-5, qk_norm=True, cap_feat_dim=16, rope_theta=256.0, t_scale=1000.0,
        axes_dims=[8, 4, 4], axes_lens=[256, 32, 32],
    ).eval()  # fmt: skip
    with torch.no_grad():  # they are made empty, that is with whatever lay in memory
        transformer.x_pad_token.fill_(1)
        transformer.cap_pad_token.fill_(1)
    vae = picture_vae(16, scaling_factor=0.3611, shift_factor=0.1159)
    encoder = Qwen3Model(Qwen3Config(**LANGUAGE, head_dim=8, max_position_embeddings=1024)).eval()
    parts = {"tokenizer": byte_tokenizer(), "text_encoder": encoder, "vae": vae, "transformer": transformer}
    return ZImagePipeline(**parts, scheduler=FlowMatchEulerDiscreteScheduler(shift=3.0))


def qwenimage():
    from diffusers import (
        AutoencoderKLQwenImage,
        FlowMatchEulerDiscreteScheduler,
        QwenImagePipeline,
        QwenImageTransformer2DModel,
    )
    from transformers import Qwen2_5_VLForConditionalGeneration

    torch.manual_seed(3)
    transformer = QwenImageTransformer2DModel(
        patch_size=2, in_channels=16, out_channels=4, num_layers=2, attention_head_dim=16, num_attention_heads=3,
        joint_attention_dim=16, guidance_embeds=False, axes_dims_rope=(8, 4, 4),
    ).eval()  # fmt: skip
    torch.manual_seed(2)
    vae = AutoencoderKLQwenImage(
        base_dim=24, z_dim=4, dim_mult=[1, 2, 4], num_res_blocks=1, temperal_downsample=[False, True],
        latents_mean=[0.1] * 4, latents_std=[1.1] * 4,
    ).eval()  # fmt: skip
    encoder = Qwen2_5_VLForConditionalGeneration(qwen_vl()).eval()
    parts = {"tokenizer": byte_tokenizer(), "text_encoder": encoder, "vae": vae, "transformer": transformer}
    return QwenImagePipeline(**parts, scheduler=FlowMatchEulerDiscreteScheduler())


MAKERS = {
    maker.__name__: maker
    for maker in (
        wan_t2v, wan22_t2v, wan22_5b, wan_i2v, wan_flf, wan22_i2v, wan_vace, ltx2, hunyuan15, cogvideox, zimage,
        qwenimage, hunyuan15_i2v, cogvideox_i2v, skyreels, skyreels_i2v, kandinsky5, ltx, ltx_098, sdxl, flux, flux2,
        skyreels_df,
    )
}  # fmt: skip


@functools.cache
def folder(name: str, root: Path) -> Path:
    """The folder of this pipeline under `root`, made when it is first asked for."""
    place = root / name
    MAKERS[name]().save_pretrained(place)
    return place


def lora(
    path: Path, *, seed=7, rank=4, prefix="diffusion_model.", modules=("self_attn.q", "self_attn.v"), blocks=2, wide=24
):
    """A LoRA for `wan_t2v`, in the layout that ComfyUI and most trainers write."""
    from safetensors.torch import save_file

    torch.manual_seed(seed)
    tensors = {}
    for block in range(blocks):
        for module in modules:
            name = f"{prefix}blocks.{block}.{module}"
            tensors[f"{name}.lora_A.weight"] = torch.randn(rank, wide)
            tensors[f"{name}.lora_B.weight"] = torch.randn(wide, rank)
    save_file(tensors, path)
    return path


def change(path: Path, **values):
    """Change values in a JSON file."""
    data = json.loads(path.read_text("utf-8"))
    path.write_text(json.dumps(data | values), "utf-8")
