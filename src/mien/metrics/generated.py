"""How generated pictures compare with real ones, by the features of a network: arrays (n, F) in, numbers out."""

import numpy as np
import numpy.typing as npt

from mien.errors import ScoreError

Array = npt.NDArray[np.floating]
BLOCK = 512  # rows whose distances are held at once


def frechet_distance(real: Array, made: Array) -> float:
    """|mu_r - mu_m|^2 + tr(S_r + S_m - 2 (S_r S_m)^(1/2)), S with n - 1; 0 for the same mean and covariance.

    It falls with the number of faces (its bias is of the order of 1 / n): compare at equal numbers only.

    Args:
        real, made: (n, F) and (m, F) features.

    Raises:
        ScoreError: fewer than two rows, or other widths.

    *Source*: Heusel et al. 2017, "GANs trained by a two time-scale update rule". There the features are Inception's;
    with another network the numbers compare runs with each other, not with published ones.
    """
    real, made = _checked(real, made)
    gap = real.mean(axis=0) - made.mean(axis=0)
    first, second = np.cov(real, rowvar=False).reshape(gap.size, -1), np.cov(made, rowvar=False).reshape(gap.size, -1)
    values, vectors = np.linalg.eigh(first)
    root = (vectors * np.sqrt(np.clip(values, 0, None))) @ vectors.T
    between = np.sqrt(np.clip(np.linalg.eigvalsh(root @ second @ root), 0, None)).sum()
    return float(gap @ gap + np.trace(first) + np.trace(second) - 2 * between)


def kernel_distance(real: Array, made: Array) -> float:
    """Unbiased squared maximum mean discrepancy with the kernel (x . y / F + 1)^3; about 0 for equal distributions.

    Arguments and errors as for ``frechet_distance``; no bias by the number of faces, and below 0 by chance.

    *Source*: Binkowski et al. 2018, "Demystifying MMD GANs" (KID), on all faces at once instead of subsets.
    """
    real, made = _checked(real, made)
    n, m = len(real), len(made)
    own = sum(_kernel_sum(x, x, without_self=True) / (len(x) * (len(x) - 1)) for x in (real, made))
    return float(own - 2 * _kernel_sum(real, made) / (n * m))


def spread(features: Array) -> float:
    """Mean distance between two different faces, in units of the features: small where a generator repeats itself."""
    x = np.asarray(features, np.float64)
    if len(x) < 2:
        raise ScoreError(f"The spread of {len(x)} face(s) is undefined; give at least two")
    return float(sum(distances(x[i : i + BLOCK], x).sum() for i in range(0, len(x), BLOCK)) / (len(x) * (len(x) - 1)))


def nearest(faces: Array, among: Array) -> tuple[Array, npt.NDArray[np.int64]]:
    """Distance (n,) of each face to the nearest ``among`` others (m, F), and which one that is (n,)."""
    found = [distances(faces[i : i + BLOCK], among) for i in range(0, len(faces), BLOCK)]
    return np.concatenate([d.min(axis=1) for d in found]), np.concatenate([d.argmin(axis=1) for d in found])


def distances(first: Array, second: Array) -> Array:
    """Euclidean distances (n, m) between the rows of (n, F) and (m, F)."""
    a, b = np.asarray(first, np.float64), np.asarray(second, np.float64)
    squared = (a**2).sum(axis=1)[:, None] + (b**2).sum(axis=1) - 2 * a @ b.T
    return np.asarray(np.sqrt(np.clip(squared, 0, None)))


def _checked(real: Array, made: Array) -> tuple[Array, Array]:
    if min(len(real), len(made)) < 2 or real.ndim != 2 or real.shape[1:] != made.shape[1:]:
        raise ScoreError(
            f"Features of shape {real.shape} and {made.shape}; expected (n, F), (m, F) with n and m above 1"
        )
    return np.asarray(real, np.float64), np.asarray(made, np.float64)


def _kernel_sum(first: Array, second: Array, without_self: bool = False) -> float:
    total = 0.0
    for start in range(0, len(first), BLOCK):
        total += float((((first[start : start + BLOCK] @ second.T) / first.shape[1] + 1) ** 3).sum())
    return total - (float((((first**2).sum(axis=1) / first.shape[1] + 1) ** 3).sum()) if without_self else 0.0)
