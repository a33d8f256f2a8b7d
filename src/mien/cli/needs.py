"""What a verb needs beyond the light install."""

from importlib.util import find_spec

from mien.errors import MienError


def need_training() -> None:
    """Raise with the command to type when the training extra is not installed."""
    missing = [name for name in ("torch", "accelerate", "safetensors", "tensorboard") if find_spec(name) is None]
    if missing:
        raise MienError(f"Training needs {', '.join(missing)}, not installed here; type: pip install 'mien[train]'")


def need_serving() -> None:
    """Raise with the command to type when the serve extra is not installed."""
    missing = [name for name in ("fastapi", "uvicorn", "python_multipart") if find_spec(name) is None]
    if missing:
        raise MienError(f"Serving needs {', '.join(missing)}, not installed here; type: pip install 'mien[serve]'")
