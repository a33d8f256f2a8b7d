import json
from pathlib import Path

import pytest
import torch

from generation.makers import LABELS, SIZE, new_gan, new_makers
from mien.errors import CheckpointError, RecipeError
from mien.generation.checkpoint import load_makers
from mien.generation.condition import width
from mien.generation.generator import Generator, channels_of, scales
from mien.generation.info import INFO_FILE, WEIGHTS_FILE


@pytest.mark.parametrize("size", [48, 64, 96])
@pytest.mark.parametrize("colours", [1, 3])
def test_a_generator_makes_faces_of_any_of_the_sizes(size: int, colours: int) -> None:
    generator = Generator(size, condition=6, noise=4, colours=colours, width=8)
    faces = generator(torch.randn(2, 4), torch.randn(2, 6))
    assert faces.shape == (2, 3, size, size)
    assert faces.min() >= 0 and faces.max() <= 1
    assert torch.equal(faces[:, 0], faces[:, 1]) == (colours == 1)


def test_sizes_that_no_doubling_reaches_are_refused() -> None:
    with pytest.raises(RecipeError, match="never to 50; use 48, 64 or 96"):
        scales(50)
    assert channels_of(3, 8) == [32, 16, 16]


def test_a_new_editor_leaves_the_face_nearly_as_it_is_and_follows_its_labels() -> None:
    editor = new_makers().editor
    assert editor is not None
    face = torch.rand(2, 1, SIZE, SIZE).expand(-1, 3, -1, -1)
    nothing, something = (torch.full((2, width(LABELS)), value) for value in (0.0, 1.0))
    edited, mask = editor(face, nothing)
    assert edited.shape == face.shape and mask.shape == (2, 1, SIZE, SIZE)
    assert mask.mean() < 0.3
    assert not torch.equal(edited, editor(face, something)[0])


def test_what_the_mask_leaves_is_the_face_itself() -> None:
    editor = new_makers().editor
    assert editor is not None and editor.last.paint.bias is not None
    with torch.no_grad():
        editor.last.paint.bias[1:] = -1e4  # no mask at all
    face = torch.rand(2, 1, SIZE, SIZE).expand(-1, 3, -1, -1)
    assert torch.equal(editor(face, torch.zeros(2, width(LABELS)))[0], face)


def test_a_face_does_not_depend_on_its_neighbours() -> None:
    generator = new_makers().generator
    assert generator is not None
    z, c = torch.randn(3, 4), torch.zeros(3, width(LABELS))
    torch.testing.assert_close(generator(z, c)[1:2], generator(z[1:2], c[1:2]))


def test_files_come_back_as_they_were(tmp_path: Path) -> None:
    makers = new_makers()
    again = load_makers(new_gan(tmp_path))
    for name, tensor in makers.state_dict().items():
        assert torch.equal(tensor, again.state_dict()[name]), name
    assert load_makers(new_gan(tmp_path / "b", forms=("image",))).generator is None


@pytest.mark.parametrize(
    ("file", "content", "message"),
    [
        (WEIGHTS_FILE, b"other", "is not the file that generator.json was written for"),
        (WEIGHTS_FILE, None, "is incomplete: cannot read generator.safetensors"),
        (INFO_FILE, None, "No generator in .*; train one with method 'gan'"),
        (INFO_FILE, b"[1]", "has no format number"),
        (INFO_FILE, b'{"format": 1}', "does not describe a model"),
        (INFO_FILE, b'{"format": 99}', r"has format 99, and this mien \(.*\) reads up to 1"),
    ],
)
def test_broken_files_are_refused(tmp_path: Path, file: str, content: bytes | None, message: str) -> None:
    new_gan(tmp_path)
    (tmp_path / file).unlink() if content is None else (tmp_path / file).write_bytes(content)
    with pytest.raises(CheckpointError, match=message):
        load_makers(tmp_path)


def test_an_edited_description_does_not_fit(tmp_path: Path) -> None:
    new_gan(tmp_path)
    content = json.loads((tmp_path / INFO_FILE).read_text())
    content["spec"]["width"] += 8
    (tmp_path / INFO_FILE).write_text(json.dumps(content))
    with pytest.raises(CheckpointError, match=r"does not fit the network that generator\.json describes"):
        load_makers(tmp_path)
