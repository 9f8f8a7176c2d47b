"""Convolutional Occupancy Networks: the published names."""

import pytest

from occviewer.networks import ConvONet


def test_parameters_of_planes_have_the_published_names_and_shapes():
    shapes = {name: tuple(t.shape) for name, t in ConvONet().state_dict().items()}
    for name, shape in {
        "encoder.fc_pos.weight": (64, 3),
        "encoder.blocks.0.fc_0.weight": (32, 64),
        "encoder.blocks.4.shortcut.weight": (32, 64),
        "encoder.fc_c.weight": (32, 32),
        "encoder.unet.down_convs.0.conv1.weight": (32, 32, 3, 3),
        "encoder.unet.down_convs.3.conv2.weight": (256, 256, 3, 3),
        "encoder.unet.up_convs.0.upconv.weight": (256, 128, 2, 2),
        "encoder.unet.up_convs.0.conv1.weight": (128, 256, 3, 3),
        "encoder.unet.up_convs.2.conv2.bias": (32,),
        "encoder.unet.conv_final.weight": (32, 32, 1, 1),
        "decoder.fc_p.weight": (32, 3),
        "decoder.fc_c.4.weight": (32, 32),
        "decoder.blocks.4.fc_1.weight": (32, 32),
        "decoder.fc_out.weight": (1, 32),
    }.items():
        assert shapes[name] == shape, name
    assert not any(name.startswith("encoder.unet3d") for name in shapes)


def test_parameters_of_a_grid_have_the_published_names_and_shapes():
    network = ConvONet(planes=(), grid_resolution=32)
    shapes = {name: tuple(t.shape) for name, t in network.state_dict().items()}
    unet = "encoder.unet3d"
    for name, shape in {
        f"{unet}.encoders.0.basic_module.SingleConv1.groupnorm.weight": (32,),
        f"{unet}.encoders.0.basic_module.SingleConv2.conv.weight": (32, 32, 3, 3, 3),
        f"{unet}.encoders.2.basic_module.SingleConv2.conv.weight": (128, 64, 3, 3, 3),
        f"{unet}.decoders.0.basic_module.SingleConv1.conv.weight": (64, 192, 3, 3, 3),
        f"{unet}.decoders.1.basic_module.SingleConv2.groupnorm.bias": (32,),
        f"{unet}.final_conv.weight": (32, 32, 1, 1, 1),
    }.items():
        assert shapes[name] == shape, name
    assert not any(name.endswith("SingleConv1.conv.bias") for name in shapes)
    assert not any(name.startswith("encoder.unet.") for name in shapes)


@pytest.mark.parametrize("planes", [(), ("xx",)])
def test_a_network_without_known_features_cannot_be_made(planes):
    with pytest.raises(ValueError, match="planes"):
        ConvONet(planes=planes)
