"""Numbers and names that the papers and published weights fix."""

import sys
from types import SimpleNamespace

import pytest
import torch
from torch import nn

from mien.errors import MienError
from mien.models.backbones import make_backbone
from mien.models.backbones.mobilenet import SqueezeExcite
from mien.models.backbones.resnet_cifar import Block, shortcut


@pytest.mark.parametrize(
    ("name", "classes", "parameters"),
    [
        # He et al. 2016, Table 6: 0.27 M, 0.46 M, 1.7 M. Option B would give 272,474 / 466,906 / 1,730,714.
        ("resnet20", 10, 269_722),
        ("resnet32", 10, 464_154),
        ("resnet110", 10, 1_727_962),
        # torchvision's tables of weights
        ("resnet18", 1000, 11_689_512),
        ("resnet50", 1000, 25_557_032),
        ("vgg16", 1000, 138_357_544),
        ("mobilenet_v3_small", 1000, 2_542_856),
        ("plain_small", 8, 842_728),
    ],
)
def test_parameter_count_with_a_linear_classifier(name: str, classes: int, parameters: int) -> None:
    with torch.device("meta"):
        net = make_backbone(name)
        classifier = nn.Linear(net.features, classes)
    assert sum(p.numel() for module in (net, classifier) for p in module.parameters()) == parameters


@pytest.mark.parametrize(
    ("name", "tensors", "some"),
    [
        (
            "resnet18",
            120,
            {
                "conv1.weight": (64, 3, 7, 7),
                "layer2.0.downsample.0.weight": (128, 64, 1, 1),
                "layer2.0.downsample.1.running_mean": (128,),
                "layer4.1.bn2.running_var": (512,),
            },
        ),
        (
            "resnet50",
            318,
            {
                "layer1.0.downsample.0.weight": (256, 64, 1, 1),
                "layer1.0.conv3.weight": (256, 64, 1, 1),
                "layer3.5.bn3.weight": (1024,),
            },
        ),
        (
            "vgg16",
            30,
            {
                "features.0.weight": (64, 3, 3, 3),
                "features.28.bias": (512,),
                "classifier.0.weight": (4096, 25088),
                "classifier.3.weight": (4096, 4096),
            },
        ),
        (
            "mobilenet_v3_small",
            242,
            {
                "features.0.0.weight": (16, 3, 3, 3),
                "features.1.block.0.0.weight": (16, 1, 3, 3),
                "features.1.block.1.fc1.weight": (8, 16, 1, 1),
                "features.2.block.1.0.weight": (72, 1, 3, 3),
                "features.5.block.2.fc2.bias": (240,),
                "features.9.block.3.1.running_var": (96,),
                "features.12.0.weight": (576, 96, 1, 1),
                "classifier.0.weight": (1024, 576),
            },
        ),
    ],
)
def test_published_names_are_torchvisions(name: str, tensors: int, some: dict[str, tuple[int, ...]]) -> None:
    with torch.device("meta"):
        state = make_backbone(name).published().state_dict()
    assert len(state) == tensors
    assert {key: tuple(state[key].shape) for key in some} == some


def test_option_a_takes_every_second_pixel_and_appends_zeros() -> None:
    x = torch.arange(18.0).view(1, 2, 3, 3)
    out = shortcut(x, channels=4, stride=2)
    expected = torch.tensor([[[[0, 2], [6, 8]], [[9, 11], [15, 17]], [[0, 0], [0, 0]], [[0, 0], [0, 0]]]])
    assert torch.equal(out, expected.float())
    averaged = nn.functional.avg_pool2d(x, 2, ceil_mode=True)  # the named wrong variant
    assert not torch.equal(out[:, :2], averaged)


def test_a_block_without_weights_is_its_shortcut() -> None:
    block = Block(2, 4, stride=2).eval()
    nn.init.zeros_(block.conv2.weight)
    x = torch.randn(1, 2, 5, 5)
    assert torch.equal(block(x), shortcut(x, 4, 2).relu())


def test_the_bottlenecks_stride_sits_in_the_3x3_convolution() -> None:
    with torch.device("meta"):
        block = make_backbone("resnet50").get_submodule("layer2.0")
    assert block.get_submodule("conv2").stride == (2, 2)
    assert block.get_submodule("conv1").stride == (
        1,
        1,
    )  # the paper's first place: other features from the same weights


def test_squeeze_excite_uses_the_hard_sigmoid() -> None:
    gate = SqueezeExcite(1, 1)
    nn.init.zeros_(gate.fc2.weight)
    nn.init.ones_(gate.fc2.bias)
    x = torch.full((1, 1, 2, 2), 3.0)
    torch.testing.assert_close(gate(x), x * (1 + 3) / 6)
    assert not torch.allclose(gate(x), x * torch.sigmoid(torch.tensor(1.0)))  # the original, soft gate


def test_mobilenets_batch_normalisation_has_its_own_constants() -> None:
    with torch.device("meta"):
        norms = [m for m in make_backbone("mobilenet_v3_small").modules() if isinstance(m, nn.BatchNorm2d)]
    assert {(m.eps, m.momentum) for m in norms} == {(0.001, 0.01)}  # not 1e-5 and 0.1


def test_kaiming_variance_of_a_convolution() -> None:
    torch.manual_seed(0)
    weight = make_backbone("resnet18").state_dict()["layer4.0.conv1.weight"]  # 3x3, 256 -> 512
    assert float(weight.std()) == pytest.approx((2 / (512 * 9)) ** 0.5, rel=0.01)
    assert float(weight.std()) != pytest.approx((2 / (256 * 9)) ** 0.5, rel=0.01)  # fan_in


def test_plain_small_is_only_convolution_normalisation_and_relu() -> None:
    net = make_backbone("plain_small")
    leaves = {type(m) for m in net.modules() if not list(m.children())}
    assert leaves == {nn.Conv2d, nn.BatchNorm2d, nn.ReLU}
    assert {m.groups for m in net.modules() if isinstance(m, nn.Conv2d)} == {1}


def test_an_unknown_name_names_the_nearest() -> None:
    with pytest.raises(MienError, match="Unknown backbone 'resnet23': did you mean 'resnet"):
        make_backbone("resnet23")


def test_timm_missing_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "timm", None)
    with pytest.raises(MienError, match=r"'timm:resnet18' needs timm .*pip install 'mien\[timm\]'"):
        make_backbone("timm:resnet18")


def test_a_broken_torchvision_under_timm_is_a_sentence(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("broken")
    (folder / "timm.py").write_text("raise RuntimeError('operator torchvision::nms does not exist')")
    monkeypatch.syspath_prepend(str(folder))
    monkeypatch.delitem(sys.modules, "timm", raising=False)
    with pytest.raises(MienError, match=r"torchvision::nms does not exist.*pip install"):
        make_backbone("timm:resnet18")


class _TimmNet(nn.Sequential):
    """What timm returns for num_classes = 0."""

    head_hidden_size = 5

    def __init__(self) -> None:
        super().__init__(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(3, 5))


def test_timm_networks_are_wrapped_without_a_classifier(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = {}

    def create_model(name: str, **options: object) -> nn.Module:
        asked.update(options, name=name)
        return _TimmNet()

    timm = SimpleNamespace(
        create_model=create_model, is_model=lambda name: name == "convnext_tiny", list_models=lambda: ["convnext_tiny"]
    )
    monkeypatch.setitem(sys.modules, "timm", timm)
    net = make_backbone("timm:convnext_tiny")
    assert net.features == 5 and net(torch.rand(2, 3, 32, 32)).shape == (2, 5)
    assert asked == {"name": "convnext_tiny", "pretrained": False, "num_classes": 0}
    assert "2.weight" in net.published().state_dict()
    with pytest.raises(MienError, match="did you mean 'convnext_tiny'"):
        make_backbone("timm:convnext_tinny")
