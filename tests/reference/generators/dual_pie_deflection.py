#!/usr/bin/env python3
"""Deflection of one dPIE by direct two-dimensional quadrature of its surface density (scipy).

Prints the rows of AgreesWithTwoDimensionalQuadrature in tests/unit/engine/lens/profiles/dual_pie_test.cpp. No closed form is used: with polar coordinates about the
position, alpha(theta) = 1/pi int dphi e_phi int dr kappa(theta - r e_phi), whose integrand has no singularity.
"""
import numpy as np
from scipy.integrate import quad

centre, e, angle, core, cut, sigma = np.array([0.3, -0.2]), 0.5, 0.7, 0.8, 12.0, 300.0
eps = (1 - np.sqrt(1 - e * e)) / e
b0 = 6 * sigma**2 * 648000 / 299792.458**2
f = b0 * cut / (cut - core)


def kappa(x, y):
    dx, dy = x - centre[0], y - centre[1]
    u = (dx * np.cos(angle) + dy * np.sin(angle)) / (1 + eps)
    v = (dy * np.cos(angle) - dx * np.sin(angle)) / (1 - eps)
    return f / 2 * (1 / np.sqrt(core**2 + u * u + v * v) - 1 / np.sqrt(cut**2 + u * u + v * v))


def ray(theta, phi):
    """int_0^inf kappa dr, in pieces about the closest approach to the centre, the last one with r = 1/t."""
    c, s = np.cos(phi), np.sin(phi)
    g = lambda r: kappa(theta[0] - r * c, theta[1] - r * s)
    nearest = max(0.0, (theta[0] - centre[0]) * c + (theta[1] - centre[1]) * s)
    edges = sorted({0.0, max(0.0, nearest - 5), max(0.0, nearest - 1), nearest, nearest + 1, nearest + 5, nearest + 30})
    total = sum(quad(g, a, b, epsabs=1e-13, epsrel=1e-13, limit=400)[0] for a, b in zip(edges, edges[1:]))
    return total + quad(lambda t: g(1 / t) / t**2, 0, 1 / edges[-1], epsabs=1e-13, epsrel=1e-13, limit=400)[0]


# The trapezoid rule converges exponentially for a periodic integrand.
phi = np.arange(1024) * 2 * np.pi / 1024
for theta in ([1.0, 0.5], [-2.0, 3.0], [0.3, -1.5], [8.0, -4.0], [-15.0, -20.0]):
    rays = np.array([ray(theta, p) for p in phi])
    ax, ay = 2 / len(phi) * np.sum(rays * np.cos(phi)), 2 / len(phi) * np.sum(rays * np.sin(phi))
    print("    {{%.1f, %.1f}, {%.12f, %.12f}}," % (theta[0], theta[1], ax, ay))
