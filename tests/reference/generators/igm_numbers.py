"""Mean optical depths of the intergalactic medium, by integration over the distribution of absorbers that Inoue et al. (2014)
give in their section 2 (eqs. 4 to 7, Table 1) and to which their analytic formulae, which arcproof uses, were fitted.

Numbers of tests/unit/engine/sed/attenuation_test.cpp (Inoue2014). Run: /usr/bin/python3 igm_numbers.py
"""
import numpy as np
from scipy.special import wofz

N = np.logspace(12, 23, 4001)   # column densities [cm^-2]
C_KMS, B_KMS, SIGMA_L = 299792.458, 28.0, 6.30e-18


def g(beta):
    weight = N**-beta * np.exp(-N / 1e21)
    return weight / np.trapz(weight, N)


def forest(z):
    low, high = 1.2, 4.7
    if z < low:
        return 500 * ((1 + z) / (1 + low))**0.2
    if z < high:
        return 500 * ((1 + z) / (1 + low))**2.7
    return 500 * ((1 + high) / (1 + low))**2.7 * ((1 + z) / (1 + high))**4.5


def damped(z):
    return 1.1 * ((1 + z) / 3)**(1.0 if z < 2 else 2.0)


KINDS = [(forest, g(1.7)), (damped, g(0.9))]


def width_over_wavelength(f, gamma, angstrom):
    """Equivalent width of a Voigt line of each column density over its wavelength."""
    v = np.concatenate([np.linspace(0, 400, 2001), np.logspace(np.log10(400.5), 5.2, 3000)])
    a = gamma * angstrom * 1e-13 / (4 * np.pi * B_KMS)
    profile = wofz(v / B_KMS + 1j * a).real
    centre = 1.497e-15 * f * angstrom / B_KMS * N   # optical depth at the centre without damping
    return np.array([2 * np.trapz(1 - np.exp(-t * profile), v) / C_KMS for t in centre])


def line(z, f, gamma, angstrom):
    width = width_over_wavelength(f, gamma, angstrom)
    return [n(z) * (1 + z) * np.trapz(weight * width, N) for n, weight in KINDS]


def continuum(x, z_source):
    """x: observed wavelength over 911.8 Angstrom."""
    z = np.linspace(x - 1, z_source, 801)
    total = []
    for n, weight in KINDS:
        inner = [n(at) * np.trapz(weight * -np.expm1(-N * SIGMA_L * (x / (1 + at))**3), N) for at in z]
        total.append(np.trapz(inner, z))
    return total


print("Lyman-alpha: z, forest, damped")
for z in (0.6, 2, 3, 4, 5, 6):
    print(z, *["%.4g" % t for t in line(z, 0.4164, 6.265e8, 1215.67)])
print("Lyman-beta: z, forest, damped")
for z in (3, 5):
    print(z, *["%.4g" % t for t in line(z, 0.0791, 1.897e8, 1025.72)])
print("continuum: source z, x, forest, damped")
for z, xs in ((1.0, (1.2, 1.8)), (3.0, (1.5, 3.0, 3.7)), (4.0, (2.0, 4.5)), (6.0, (2.0, 5.0, 6.5))):
    for x in xs:
        print(z, x, *["%.4g" % t for t in continuum(x, z)])
