"""Numbers of tests/unit/engine/sed and tests/reference/engine/sed, from scipy and astropy alone.

    /usr/bin/python3 sed_numbers.py
"""
import numpy as np
from astropy.cosmology import FlatLambdaCDM
from scipy.integrate import dblquad, quad

# --- a band average, curves that are straight between samples ---------------------------------------------------------------
FILTER = ([4000, 4100, 4350, 4400, 4800, 5300, 5500, 5520], [0, 0.2, 0.9, 0.7, 1.0, 0.8, 0.1, 0])
SPECTRUM = ([3500, 3900, 4150, 4390, 4410, 4700, 5000, 5010, 5400, 6000], [1, 4, 2, 7, 3, 3, 9, 1, 2, 5])


def band_average():
    """int T l f dl / int T dl / l, f in the units of the spectrum."""
    points = sorted(set(FILTER[0]) | set(SPECTRUM[0]))
    t, f = (lambda x: np.interp(x, *FILTER, 0, 0)), (lambda x: np.interp(x, *SPECTRUM))
    piece = lambda g: sum(quad(g, a, b, epsrel=1e-12)[0] for a, b in zip(points[:-1], points[1:]))
    pivot = np.sqrt(piece(lambda x: t(x) * x) / piece(lambda x: t(x) / x))
    return piece(lambda x: t(x) * x * f(x)) / piece(lambda x: t(x) / x), pivot


# --- observed flux of a reddened power law ----------------------------------------------------------------------------------
def calzetti(angstrom):
    x = angstrom / 1e4
    blue = 2.659 * (-2.156 + 1.509 / x - 0.198 / x**2 + 0.011 / x**3) + 4.05
    red = 2.659 * (-1.857 + 1.040 / x) + 4.05
    return np.where(x < 0.63, blue, red)


def flux_njy(low, high, z, ebv):
    """Box of photons between low and high, of L = (l / 5000 A)^-1.7 Lsun / A."""
    lsun, c = 3.828e33, 2.99792458e18
    distance = FlatLambdaCDM(H0=70, Om0=0.3).luminosity_distance(z).to("cm").value

    def f_lambda(observed):
        rest = observed / (1 + z)
        return (rest / 5000)**-1.7 * 10**(-0.4 * ebv * calzetti(rest)) * lsun / (4 * np.pi * distance**2 * (1 + z))

    edge = [low, min(max(6300 * (1 + z), low), high), high]
    top = sum(quad(lambda x: f_lambda(x) * x, a, b, epsabs=0, epsrel=1e-10)[0] for a, b in zip(edge[:-1], edge[1:]) if b > a)
    return top / (c * np.log(high / low)) * 1e32


# --- intergalactic gas: the integral that Madau (1995) eq. 16 approximates ---------------------------------------------------
def photoelectric_depth(observed, z):
    """Clouds of his eq. 10 (column density 2e12 ... 1e20 cm^-2), each opaque as (wavelength / limit)^3."""
    start = max(observed / 912 - 1, 0)

    def absorbed(logn, zc):
        n = 10**logn
        number = 2.4e7 * n**-1.5 * (1 + zc)**2.46 if n < 1.59e17 else 1.9e8 * n**-1.5 * (1 + zc)**0.68
        tau = n * 6.3e-18 * (observed / (912 * (1 + zc)))**3
        return number * -np.expm1(-tau) * n * np.log(10)

    return sum(dblquad(absorbed, start, z, a, b, epsabs=1e-8, epsrel=1e-6)[0]
               for a, b in ((12.301, 17.2014), (17.2014, 20)))


# --- mean of an age-dependent quantity over a star-formation history ---------------------------------------------------------
def history_mean(nodes, values, young, old):
    value = lambda t: np.interp(np.log(t), np.log(nodes), values)
    points = [young] + [n for n in nodes if young < n < old] + [old]
    return sum(quad(value, a, b, epsrel=1e-12)[0] for a, b in zip(points[:-1], points[1:])) / (old - young)


if __name__ == "__main__":
    print("band average, pivot:", *("%.10g" % v for v in band_average()))
    for box in ((8000, 10000, 1.7, 0.0), (8000, 10000, 1.7, 0.25), (15000, 18000, 1.7, 0.25), (15000, 18000, 6.2, 0.1)):
        print("flux [nJy]", box, "%.8g" % flux_njy(*box))
    for observed, z in ((3000, 3.0), (3600, 3.5), (4500, 4.5), (4000, 4.0), (2500, 2.5)):
        print("photoelectric depth", observed, z, "%.4f" % photoelectric_depth(observed, z))
    nodes, values = [1, 2, 5, 10, 30], [3, 7, 4, 1, 2]
    for young, old in ((1e-9, 0.7), (1e-9, 4), (2.5, 12.5), (9.99, 10.0), (25, 60), (1.5, 100)):
        print("history", young, old, "%.10g" % history_mean(nodes, values, young, old))
