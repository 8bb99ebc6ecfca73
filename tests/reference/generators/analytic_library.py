"""Fits the coefficients of engine/sed/analytic_library.cpp to Bruzual & Charlot (2003) and prints them as C++.

    ARCPROOF_DATA=... /usr/bin/python3 analytic_library.py > coefficients.txt        (about ten minutes on one core)

The model is that of the C++ source: five blackbodies P_k(l; T_k), each bent by a broken power law 10^c_k(l), with amplitudes
10^a_k(t, Z) that are broken power laws of time,

    L(l; t, Z) = sum_k 10^(a_k(t,Z) + c_k(l)) P_k(l; T_k),         l > 912 A.

Residuals are differences of log10 L in 109 wavelength bins (912 A to 6 um) and of log10 of the flux in ten broad bands,
which count most. Damped Gauss-Newton; the rows with the greatest error gain weight as the fit proceeds, which brings the
greatest error down at the cost of the mean. Nothing in the result depends on the starting point to better than the errors
stated in the C++ source.
"""
import gzip
import os
import struct
import sys

import numpy as np
from scipy.optimize import lsq_linear

TEMPERATURES = np.array([42000.0, 17000.0, 9500.0, 5800.0, 3600.0])
BENDS = np.array([912, 1000, 1216, 1600, 2200, 2800, 3600, 3750, 3950, 4080, 5000, 6500, 9000, 16000, 60000.0])
LOG_AGES = np.array([6, 6.3, 6.5, 6.58, 6.65, 6.8, 6.95, 7.1, 7.35, 7.7, 8.2, 8.7, 9.1, 9.5, 10.13])
ABSENT = -4.0  # amplitudes below this do not show
PULL = 1.0

# Bessell (1990) U, B, V, I and six boxes: wavelength [A], response.
BANDS = {
    "U": (np.arange(3000, 4201, 50), [0, .016, .068, .167, .287, .423, .560, .673, .772, .841, .905, .943, .981, .993, 1, .989,
                                      .916, .804, .625, .423, .238, .114, .051, .019, 0]),
    "B": (np.arange(3600, 5601, 100), [0, .030, .134, .567, .920, .978, 1, .978, .935, .853, .740, .640, .536, .424, .325, .235,
                                       .150, .095, .043, .009, 0]),
    "V": (np.arange(4700, 7001, 100), [0, .030, .163, .458, .780, .967, 1, .973, .898, .792, .684, .574, .461, .359, .270, .197,
                                       .135, .081, .045, .025, .017, .013, .009, 0]),
    "I": (np.arange(7000, 9201, 100), [0, .024, .232, .555, .785, .910, .965, .985, .990, .995, 1, 1, .990, .980, .950, .910,
                                       .860, .750, .560, .330, .150, .030, 0]),
    "1500": ([1400, 1450, 1650, 1700], [0, 1, 1, 0]), "2500": ([2300, 2350, 2650, 2700], [0, 1, 1, 0]),
    "J": ([11000, 11500, 13500, 14000], [0, 1, 1, 0]), "K": ([20000, 20500, 23500, 24000], [0, 1, 1, 0]),
    "3.6": ([33000, 34000, 38000, 39000], [0, 1, 1, 0]), "1050": ([920, 960, 1150, 1190], [0, 1, 1, 0]),
}
BAND_WEIGHT = dict(zip(BANDS, (3.0, 4.2, 4.5, 4.2, 3.0, 3.0, 2.4, 2.1, 1.2, 2.4)))

EDGES = np.unique(np.concatenate([
    [912, 950, 990, 1030, 1080, 1130, 1180, 1230, 1280, 1330], np.geomspace(1400, 3500, 24),
    [3560, 3620, 3680, 3740, 3800, 3860, 3920, 3980, 4050, 4150], np.geomspace(4250, 12000, 26), np.geomspace(12500, 60000, 20)]))
CENTRES = np.sqrt(EDGES[1:] * EDGES[:-1])


def ised_records(name):
    with gzip.open(os.path.join(os.environ["ARCPROOF_DATA"], "ssp", "raw", name), "rb") as file:
        data = file.read()
    position = 0
    while position < len(data):
        length, = struct.unpack_from("<i", data, position)
        yield data[position + 4:position + 4 + length]
        position += length + 8


def numbers(record):
    count, = struct.unpack_from("<i", record)
    return np.frombuffer(record, "<f4", count, 4).astype(float)


def load():
    """Wavelengths, log10 of ages [yr], spectra, log10 Q_H, surviving mass; the last three [metallicity][age]."""
    spectra, log_q, mass = [], [], []
    for name in ("m32", "m42", "m52", "m62"):
        records = list(ised_records(f"bc2003_lr_BaSeL_{name}_chab_ssp.ised.gz"))
        age, wavelength = numbers(records[0]), numbers(records[1])
        keep = (age >= 9.99e5) & (age <= 1.36e10) & ((age < 3e9) | (np.arange(len(age)) % 3 == 0))
        spectrum = np.array([numbers(r) for r in records[2:2 + len(age)]])[keep] * 3.826 / 3.828
        evolution = [numbers(r) for r in records[-16:]]
        spectra.append(spectrum[:, wavelength <= 60000])
        mass.append((evolution[1] + evolution[9])[keep])
        ionising = wavelength < 912
        photons = np.trapz(spectrum[:, ionising] * wavelength[ionising], wavelength[ionising], axis=1)
        log_q.append(np.log10(photons * 3.828e33 / (6.62607015e-27 * 2.99792458e18)))
    return wavelength[wavelength <= 60000], np.log10(age[keep]), np.array(spectra), np.array(log_q), np.array(mass)


def hats(x, nodes):
    """Basis of functions that are piecewise linear between nodes and constant outside."""
    return np.array([np.interp(x, nodes, row) for row in np.eye(len(nodes))]).T


def blackbody(wavelength, temperature):
    """l B_l / max(l B_l) / l."""
    x = 1.438777e8 / (wavelength * temperature)
    return x**4 / np.expm1(np.minimum(x, 600)) / 4.779841 / wavelength


def binned(wavelength, spectrum):
    integral = np.concatenate([[0], np.cumsum(0.5 * (spectrum[1:] + spectrum[:-1]) * np.diff(wavelength))])
    return np.diff(np.interp(EDGES, wavelength, integral)) / np.diff(EDGES)


def band_matrix():
    rows = []
    for wavelength, response in BANDS.values():
        t = np.interp(CENTRES, wavelength, response, 0, 0) * CENTRES * np.diff(EDGES)
        rows.append(t / t.sum())
    return np.array(rows)


def worst_error(error):
    """Of a band, or of a colour of neighbours among the first four bands (U, B, V, I)."""
    worst = abs(error)
    colour = abs(np.diff(error[..., :4], axis=-1))
    worst[..., :3] = np.maximum(worst[..., :3], colour)
    worst[..., 1:4] = np.maximum(worst[..., 1:4], colour)
    return worst


class Model:
    """Parameters: amplitudes [component][metallicity][age node], then bends [component][bend node]."""

    def __init__(self, log_age, target):
        self.k, self.nz, self.nt, self.nb = len(TEMPERATURES), target.shape[0], len(LOG_AGES), len(BENDS)
        self.bt, self.bl = hats(log_age, LOG_AGES), hats(np.log10(CENTRES), np.log10(BENDS))
        self.planck = np.log10(np.array([blackbody(CENTRES, t) for t in TEMPERATURES]))
        self.target, self.bands = target, band_matrix()
        self.band_target = np.log10(10**target @ self.bands.T)
        self.first_bend = self.k * self.nz * self.nt
        self.size = self.first_bend + self.k * self.nb
        self.weights()

    def weights(self):
        """1 where a spectrum shines, a tenth where it is more than a decade and a half below its peak."""
        relative = self.target + np.log10(CENTRES)
        relative -= relative.max(axis=2, keepdims=True)
        shine = np.clip(1 + (relative + 1.0) / 1.5, 0.1, 1)
        shine = np.maximum(shine, np.where(CENTRES > 3000, 0.7, 0.1))
        shine = shine * np.where((CENTRES > 3000) & (CENTRES < 9500), 1.6, 1) * np.where(CENTRES < 1250, 0.9, 1)
        self.shine = shine * np.where(CENTRES > 25000, 0.5, 1)
        inside = (self.bands > 0) / (self.bands > 0).sum(axis=1, keepdims=True)
        self.band_shine = self.shine @ inside.T
        self.wm, self.wb = 0.35 * self.shine, self.band_shine * np.array(list(BAND_WEIGHT.values()))

    def start(self):
        """Non-negative amplitudes of the bare blackbodies, age by age."""
        parameters = np.zeros(self.size)
        for z in range(self.nz):
            data = 10**self.target[z]
            weight = self.shine[z] / data
            amplitude = np.array([lsq_linear((10**self.planck * w).T, w * d, bounds=(0, np.inf)).x
                                  for w, d in zip(weight, data)])
            logs = np.log10(np.maximum(amplitude, amplitude.max(axis=1, keepdims=True) * 1e-3))
            nodes = np.linalg.lstsq(self.bt, logs, rcond=None)[0]
            for k in range(self.k):
                parameters[self.amplitudes(k, z)] = nodes[:, k]
        return parameters

    def amplitudes(self, k, z):
        first = (k * self.nz + z) * self.nt
        return slice(first, first + self.nt)

    def bend(self, k):
        first = self.first_bend + k * self.nb
        return slice(first, first + self.nb)

    def components(self, parameters):
        out = np.empty((self.k,) + self.target.shape)
        for k in range(self.k):
            shape = self.bl @ parameters[self.bend(k)] + self.planck[k]
            for z in range(self.nz):
                out[k, z] = 10**np.clip((self.bt @ parameters[self.amplitudes(k, z)])[:, None] + shape, -40, 10)
        return out

    def errors(self, parameters):
        parts = self.components(parameters)
        total = parts.sum(axis=0)
        return parts, total, np.log10(total) - self.target, np.log10(total @ self.bands.T) - self.band_target

    def regularised(self):
        """Rows that prefer amplitudes straight in log age and components that are blackbodies: (matrix, weight)."""
        rows = []
        for k in range(self.k):
            for z in range(self.nz):
                first = self.amplitudes(k, z).start
                for j in range(1, self.nt - 1):
                    left, right = LOG_AGES[j] - LOG_AGES[j - 1], LOG_AGES[j + 1] - LOG_AGES[j]
                    row = np.zeros(self.size)
                    row[first + j - 1:first + j + 2] = right / (left + right), -1, left / (left + right)
                    rows.append(row * np.sqrt(3e-3))
        bends = np.zeros((self.size - self.first_bend, self.size))
        bends[:, self.first_bend:] = np.eye(len(bends)) * np.sqrt(0.1)
        return np.concatenate([np.array(rows), bends])

    def too_low(self, parameters):
        """How far amplitudes lie below the one that stands for "absent"; they are pulled back, since none of it shows."""
        low = np.minimum(parameters - ABSENT, 0)
        low[self.first_bend:] = 0
        return low

    def cost(self, parameters, rows, im, ib):
        _, _, em, eb = self.errors(parameters)
        return (((self.wm * im * em)**2).sum() + ((self.wb * ib * eb)**2).sum() + ((rows @ parameters)**2).sum()
                + PULL * (self.too_low(parameters)**2).sum())

    def normal_equations(self, parameters, rows, im, ib):
        parts, total, em, eb = self.errors(parameters)
        low = self.too_low(parameters)
        matrix = rows.T @ rows + PULL * np.diag((low < 0).astype(float))
        vector = rows.T @ (rows @ parameters) + PULL * low
        for z in range(self.nz):
            used = np.concatenate([np.r_[self.amplitudes(k, z)] for k in range(self.k)] + [np.arange(self.first_bend, self.size)])
            jm, jb = np.zeros(em[z].shape + (len(used),)), np.zeros(eb[z].shape + (len(used),))
            flux = total[z] @ self.bands.T
            for k in range(self.k):
                a = slice(k * self.nt, (k + 1) * self.nt)
                b = slice(self.k * self.nt + k * self.nb, self.k * self.nt + (k + 1) * self.nb)
                jm[..., a] = (parts[k, z] / total[z])[:, :, None] * self.bt[:, None, :]
                jb[..., a] = (parts[k, z] @ self.bands.T / flux)[:, :, None] * self.bt[:, None, :]
                jm[..., b] = (parts[k, z] / total[z])[:, :, None] * self.bl[None]
                jb[..., b] = np.einsum("tl,bl,ln->tbn", parts[k, z], self.bands, self.bl) / flux[:, :, None]
            jacobian = np.concatenate([(jm * (self.wm * im)[z][:, :, None]).reshape(-1, len(used)),
                                       (jb * (self.wb * ib)[z][:, :, None]).reshape(-1, len(used))])
            residual = np.concatenate([(self.wm * im * em)[z].ravel(), (self.wb * ib * eb)[z].ravel()])
            matrix[np.ix_(used, used)] += jacobian.T @ jacobian
            vector[used] += jacobian.T @ residual
        return matrix, vector

    def fit(self, iterations=200):
        parameters, rows, damping = self.start(), self.regularised(), 1e-2
        im, ib = np.ones_like(self.target), np.ones_like(self.band_target)
        cost = self.cost(parameters, rows, im, ib)
        for iteration in range(iterations):
            if iteration >= 15 and iteration % 5 == 0:  # give weight to what is still far off
                _, _, em, eb = self.errors(parameters)
                ib = np.clip(ib * np.clip(worst_error(eb) * np.minimum(self.band_shine, 1) / 0.03, 0.8, 1.6), 0.4, 60)
                im = np.clip(im * np.clip(abs(em) * np.minimum(self.shine, 1) / 0.06, 0.85, 1.25), 0.5, 3)
                cost = self.cost(parameters, rows, im, ib)
            matrix, vector = self.normal_equations(parameters, rows, im, ib)
            for _ in range(8):
                step = np.clip(np.linalg.solve(matrix + damping * np.diag(np.diag(matrix) + 1e-6), -vector), -0.7, 0.7)
                trial = self.cost(parameters + step, rows, im, ib)
                if trial < cost:
                    parameters, cost, damping = parameters + step, trial, max(damping / 3, 1e-8)
                    break
                damping *= 4
            print(iteration, cost, file=sys.stderr)
        return parameters


def ionising(log_age, log_q):
    """log10 Q_H as a broken power law of time, by least squares with the same weight at every age."""
    basis = hats(log_age, LOG_Q_AGES)
    return [np.linalg.lstsq(basis, row, rcond=None)[0] for row in log_q]


LOG_Q_AGES = np.array([6.0, 6.4, 6.6, 6.8, 7.1, 7.5, 8.1, 8.5, 8.9, 10.13])


def surviving(log_age, mass):
    nodes = np.array([6.0, 6.4, 6.7, 7.5, 9.0, 10.13])
    return nodes, np.linalg.lstsq(hats(log_age, nodes), mass.mean(axis=0), rcond=None)[0]


def report(log_age, error):
    mag = dict(zip(BANDS, -2.5 * np.moveaxis(error, -1, 0)))
    young = log_age < 8.5
    for name, ages in (("all ages", log_age > 0), ("younger than 300 Myr", young)):
        worst = {f"{a}-{b}": abs(mag[a] - mag[b])[:, ages].max() for a, b in
                 (("U", "B"), ("B", "V"), ("V", "I"), ("1050", "V"), ("1500", "V"), ("2500", "V"), ("V", "J"), ("V", "K"), ("V", "3.6"))}
        worst["V"] = abs(mag["V"])[:, ages].max()
        print(f"// greatest errors [mag], {name}:", {k: round(float(v), 2) for k, v in worst.items()})


def main():
    wavelength, log_age, spectra, log_q, mass = load()
    target = np.log10(np.array([[binned(wavelength, np.maximum(s, 1e-12)) for s in one] for one in spectra]))
    model = Model(log_age, target)
    p = model.fit()
    p[:model.first_bend] = np.maximum(p[:model.first_bend], ABSENT)
    p = np.round(p, 2) + 0.0
    _, _, em, eb = model.errors(p)
    report(log_age, eb)
    show = lambda row: "{" + ", ".join(f"{v:g}" for v in row) + "},"
    for k in range(model.k):
        print(f"// T = {TEMPERATURES[k]:g}: bends, then amplitudes by metallicity")
        print(show(p[model.bend(k)]))
        for z in range(model.nz):
            print(show(p[model.amplitudes(k, z)]))
    print("// log Q_H by metallicity")
    for row in ionising(log_age, log_q):
        print(show(np.round(row, 2)))
    print("// surviving mass", *map(show, surviving(log_age, mass)))


if __name__ == "__main__":
    main()
