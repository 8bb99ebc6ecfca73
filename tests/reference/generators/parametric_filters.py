"""Fits the six numbers of each band of engine/sed/parametric_filter.cpp to the real curves and prints them as C++.

    ARCPROOF_DATA=... /usr/bin/python3 parametric_filters.py [BAND...]        (a quarter of an hour on one core for all)

A band is  E((l - a) / u) E((b - l) / v) (1 + s x + q x^2)  with x = (2 l - a - b) / (b - a) and E(y) = 1 / (1 + exp(-y)). The
six numbers minimise the differences (8-norm) of synthetic magnitudes of stellar spectra at z = 0.5 ... 8 between this curve
and the real one, for bands and redshifts with no light at or below Lyman-alpha, and keep the half-power points.
"""
import os
import sys

import numpy as np
from astropy.io import fits
from scipy.optimize import minimize

DATA = os.environ["ARCPROOF_DATA"]


def spectra():
    with fits.open(os.path.join(DATA, "ssp", "bc03_basel31_pad94_chab_stellar.fits")) as hdus:
        wave, age = hdus["WAVE"].data.astype(float), hdus["AGE"].data
        picked = [np.argmin(abs(age - a)) for a in (2e6, 5e6, 1e7, 3e7, 1e8, 3e8, 1e9, 3e9, 1e10)]
        return wave, hdus["STELLAR"].data[[0, 2, 3]][:, picked].astype(float).reshape(-1, len(wave))


def half_power(x, t):
    half = 0.5 * t.max()
    up, down = np.argmax(t >= half), len(t) - 1 - np.argmax(t[::-1] >= half)
    at = lambda i, j: x[i] + (half - t[i]) / (t[j] - t[i]) * (x[j] - x[i])
    return np.array([at(up - 1, up), at(down + 1, down)])


def edge(y):
    return 1 / (1 + np.exp(-np.clip(y, -500, 500)))


def curve(a, b, u, v, s, q):
    x = np.linspace(a - 10 * u, b + 10 * v, 401)
    y = (2 * x - a - b) / (b - a)
    return x, edge((x - a) / u) * edge((b - x) / v) * np.maximum(1 + s * y + q * y * y, 0)


def magnitude(x, t, wave, flux):
    grid = np.union1d(x, wave[(wave > x[0]) & (wave < x[-1])])
    tt = np.interp(grid, x, t)
    ff = np.array([np.interp(grid, wave, f) for f in flux])
    return -2.5 * np.log10(np.trapz(ff * tt * grid, grid) / np.trapz(tt / grid, grid))


def main():
    wave, flux = spectra()
    names = sys.argv[1:] or sorted(f[:-4] for f in os.listdir(os.path.join(DATA, "filters")) if "_" in f)
    for name in names:
        x, t = np.loadtxt(os.path.join(DATA, "filters", name + ".txt")).T
        edges = half_power(x, t)
        keep = np.nonzero(t > 1e-4 * t.max())[0]
        x, t = x[max(0, keep[0] - 1):keep[-1] + 2], t[max(0, keep[0] - 1):keep[-1] + 2]
        # Where the steep red edge stands is not where the half-power point is: a CCD band falls slowly first.
        red = half_power(x, np.where(t > 0.2 * t.max(), 1.0, t / t.max()))[1]
        redshifts = [z for z in np.arange(0.5, 8.01, 0.25) if x[0] > 1216 * (1 + z) and edges[1] / (1 + z) > 1300]
        truth = [magnitude(x, t, wave * (1 + z), flux) for z in redshifts]
        unit = 0.01 * edges[0]

        def numbers(p):
            return (edges[0] + unit * p[0], red + unit * p[1], *np.clip(0.5 * unit * np.exp(p[2:4]), 0.02 * unit, 3 * unit),
                    *p[4:])

        def errors(p):
            c = curve(*numbers(p))
            return np.concatenate([magnitude(*c, wave * (1 + z), flux) - m for z, m in zip(redshifts, truth)])

        def cost(p):
            c = curve(*numbers(p))
            shift = (half_power(*c) - edges) / unit
            return (errors(p)**8).sum()**0.125 + 2e-3 * (shift**2).sum() + 1e-3 * (p[4]**2 + p[5]**2) + (
                1e-2 * (np.maximum(abs(p[2:4]) - 1.5, 0)**2).sum() + max(0, abs(p[4]) + abs(p[5]) - 0.9))

        best = np.zeros(6)
        for step in (0.3, 0.1, 0.05):
            simplex = best + np.vstack([np.zeros(6), np.diag([step] * 4 + [step / 2] * 2)])
            best = minimize(cost, best, method="Nelder-Mead",
                            options=dict(initial_simplex=simplex, maxiter=220, xatol=1e-3, fatol=1e-6)).x
        p, e = numbers(best), errors(best)
        shift = half_power(*curve(*p)) - edges
        print(f'{{"{name.split("_")[1]}", {p[0]:.0f}, {p[1]:.0f}, {p[2]:.0f}, {p[3]:.0f}, {p[4]:.2f}, {p[5]:.2f}}},'
              f'  // {abs(e).max():.4f} mag; half-power {edges[0]:.0f} {edges[1]:.0f}, {shift[0]:+.0f} {shift[1]:+.0f} A',
              flush=True)


if __name__ == "__main__":
    main()
