"""Fits the coefficients of engine/sed/libraries/analytic_library.cpp to Bruzual & Charlot (2003) and prints them as C++.

    ARCPROOF_DATA=... OPENBLAS_NUM_THREADS=1 /usr/bin/python3 analytic_library.py > coefficients.txt      (a minute)

The model is that of the C++ source: five blackbodies P_k(l; T_k), each bent by a broken power law 10^c_k(l), with amplitudes
10^a_k(t, Z) that are broken power laws of time,

    L(l; t, Z) = sum_k 10^(a_k(t,Z) + c_k(l)) P_k(l; T_k),         l > 912 A.

Everything compared is a mean of L in some band ("feature"), for which the model is linear in the five components: 10^a times a
number that depends on the bends alone. What is fitted:
  - log10 of means in 109 bins (912 A to 6 um), by least squares: the shape of the spectrum;
  - the nine quantities of QUANTITIES, each over an error that is wanted, to the power 2, then 4, then 8: the
    greatest error counts most in the end.
A damped Gauss-Newton method from the non-negative sum of bare blackbodies. Weak terms keep bends near 0 and amplitudes straight
in log age where the data say nothing.
"""
import gzip
import os
import struct
import sys

import numpy as np
from scipy.optimize import nnls

TEMPERATURES = np.array([42000.0, 17000.0, 9500.0, 5800.0, 3600.0])
BENDS = np.array([912, 1000, 1216, 1600, 2200, 2800, 3600, 3750, 3950, 4080, 5000, 6500, 9000, 16000, 60000.0])
LOG_AGES = np.array([6, 6.3, 6.5, 6.6, 6.7, 6.8, 6.96, 7.1, 7.36, 7.7, 8.2, 8.7, 9.1, 9.5, 10.13])
LOG_RATE_AGES = np.array([6.0, 6.4, 6.6, 6.8, 7.1, 7.5, 8.1, 8.5, 8.9, 10.13])
LOG_HEAT_AGES = np.array([6.0, 6.3, 6.6, 7.0, 8.1, 8.3, 9.5, 10.13])
LOG_MASS_AGES = np.array([6.0, 6.4, 6.7, 7.5, 9.0, 10.13])
ABSENT = -4.0  # amplitudes below this do not show

EDGES = np.unique(np.concatenate([
    [912, 950, 990, 1030, 1080, 1130, 1180, 1230, 1280, 1330], np.geomspace(1400, 3500, 24),
    [3560, 3620, 3680, 3740, 3800, 3860, 3920, 3980, 4050, 4150], np.geomspace(4250, 12000, 26), np.geomspace(12500, 60000, 20)]))
CENTRES = np.sqrt(EDGES[1:] * EDGES[:-1])
BINS = len(CENTRES)

# Bessell (1990): first wavelength, step [A], response; photons are counted.
BESSELL = {
    "U": (3000, 50, [0, .016, .068, .167, .287, .423, .560, .673, .772, .841, .905, .943, .981, .993, 1, .989, .916, .804, .625,
                     .423, .238, .114, .051, .019, 0]),
    "B": (3600, 100, [0, .030, .134, .567, .920, .978, 1, .978, .935, .853, .740, .640, .536, .424, .325, .235, .150, .095, .043,
                      .009, 0]),
    "V": (4700, 100, [0, .030, .163, .458, .780, .967, 1, .973, .898, .792, .684, .574, .461, .359, .270, .197, .135, .081, .045,
                      .025, .017, .013, .009, 0]),
    "I": (7000, 100, [0, .024, .232, .555, .785, .910, .965, .985, .990, .995, 1, 1, .990, .980, .950, .910, .860, .750, .560,
                      .330, .150, .030, 0])}
BOXES = {"960": (920, 1000), "1400": (1300, 1500), "1550": (1450, 1650), "2500": (2350, 2650), "3500": (3400, 3600),
         "4250": (4100, 4400), "K": (20000, 24000)}
FEATURES = list(BESSELL) + list(BOXES)

# Combinations of log10 of features, oldest log age, and the error that is asked for.
PER_SLOPE = 1 / np.log10(2500 / 1400)
QUANTITIES = {
    "U-B": ({"U": -2.5, "B": 2.5}, 10.13, 0.15), "B-V": ({"B": -2.5, "V": 2.5}, 10.13, 0.15),
    "V-I": ({"V": -2.5, "I": 2.5}, 10.13, 0.15), "log L_V": ({"V": 1}, 10.13, 0.1),
    "UV slope": ({"2500": PER_SLOPE, "1400": -PER_SLOPE}, 8.48, 0.3), "log L(1550)/L_V": ({"1550": 1, "V": -1}, 8.48, 0.15),
    "log L(4250)/L(3500)": ({"4250": 1, "3500": -1}, 10.13, 0.08), "log L_K/L_V": ({"K": 1, "V": -1}, 10.13, 0.16),
    "log L(960)/L(1400)": ({"960": 1, "1400": -1}, 7.0, 0.15)}


# ---- Bruzual & Charlot (2003) ----------------------------------------------------------------------------------------------

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


def chosen_ages(log_age):
    """1 Myr to 13.5 Gyr, at least 0.02 dex apart."""
    chosen = []
    for i in np.flatnonzero((log_age > 5.9999) & (log_age < 10.134)):
        if not chosen or log_age[i] - log_age[chosen[-1]] > 0.0195:
            chosen.append(i)
    return chosen


def load():
    """Wavelengths, log10 of ages [yr], spectra and surviving mass [metallicity][age]."""
    spectra, mass = [], []
    for name in ("m32", "m42", "m52", "m62"):
        records = list(ised_records(f"bc2003_lr_BaSeL_{name}_chab_ssp.ised.gz"))
        age, wavelength = numbers(records[0]), numbers(records[1])
        log_age = np.log10(np.maximum(age, 1))
        keep = chosen_ages(log_age)
        spectra.append(np.array([numbers(r) for r in records[2:2 + len(age)]])[keep] * 3.826 / 3.828)
        evolution = [numbers(r) for r in records[-16:]]
        mass.append((evolution[1] + evolution[9])[keep])
    return wavelength, log_age[keep], np.array(spectra), np.array(mass)


# ---- features --------------------------------------------------------------------------------------------------------------

def mean_over(x, grid, response):
    """Row of weights on samples at x: the mean of a spectrum, a straight line between x, over a response on a fine grid."""
    share = response * np.gradient(grid)
    left = np.clip(np.searchsorted(x, grid, side="right") - 1, 0, len(x) - 2)
    part = (grid - x[left]) / (x[left + 1] - x[left])
    row = np.bincount(left, share * (1 - part), len(x)) + np.bincount(left + 1, share * part, len(x))
    return row / share.sum()


def feature_rows(x):
    box = lambda low, high: mean_over(x, np.linspace(low, high, 2001), np.ones(2001))
    rows = [box(low, high) for low, high in zip(EDGES[:-1], EDGES[1:])]
    for first, step, response in BESSELL.values():
        nodes = first + step * np.arange(len(response))
        grid = np.linspace(nodes[0], nodes[-1], 8001)
        rows.append(mean_over(x, grid, np.interp(grid, nodes, response) * grid))
    rows += [box(low, high) for low, high in BOXES.values()]
    return np.array(rows)


def hats(x, nodes):
    """Basis of functions that are piecewise linear between nodes and constant outside."""
    return np.array([np.interp(x, nodes, row) for row in np.eye(len(nodes))]).T


def blackbody(wavelength, temperature):
    """l B_l / max(l B_l) / l."""
    x = 1.438777e8 / (wavelength * temperature)
    return x**4 / np.expm1(np.minimum(x, 600)) / 4.779841 / wavelength


# ---- the fit above the Lyman limit -----------------------------------------------------------------------------------------

class Model:
    """Parameters: amplitudes [component][metallicity][age node], then bends [component][bend node]."""

    def __init__(self, log_age, target):
        self.log_age, self.target = log_age, target
        self.k, self.nz, self.nt, self.nb = len(TEMPERATURES), len(target), len(LOG_AGES), len(BENDS)
        self.first_bend = self.k * self.nz * self.nt
        self.size = self.first_bend + self.k * self.nb
        x = np.geomspace(912.01, 60000, 960)
        self.planck = np.array([blackbody(x, t) for t in TEMPERATURES])
        self.rows = feature_rows(x)
        self.bt, self.bl = hats(log_age, LOG_AGES), hats(np.log10(x), np.log10(BENDS))
        self.bin_weight = self.weigh_bins()
        self.combine = np.zeros((len(QUANTITIES), BINS + len(FEATURES)))
        for row, (terms, _, error) in zip(self.combine, QUANTITIES.values()):
            for name, factor in terms.items():
                row[BINS + FEATURES.index(name)] = factor / error
        self.applies = np.array([log_age < oldest + 0.005 for _, oldest, _ in QUANTITIES.values()]).T
        regular = self.regularised()
        self.regular = regular.T @ regular

    def weigh_bins(self):
        """Errors of 0.05 dex count as much as a quantity at its limit; less where there is little light."""
        relative = self.target[..., :BINS] + np.log10(CENTRES)
        relative -= relative.max(axis=2, keepdims=True)
        return np.sqrt(0.1 / BINS) / 0.05 * np.clip(1 + (relative + 1) / 1.5, 0.03, 1)

    def regularised(self):
        rows = []
        for first in range(0, self.first_bend, self.nt):
            for j in range(1, self.nt - 1):
                left, right = LOG_AGES[j] - LOG_AGES[j - 1], LOG_AGES[j + 1] - LOG_AGES[j]
                row = np.zeros(self.size)
                row[first + j - 1:first + j + 2] = np.sqrt(1e-3) * np.array([right / (left + right), -1, left / (left + right)])
                rows.append(row)
        bends = np.eye(self.size)[self.first_bend:] * np.sqrt(0.02)
        return np.concatenate([np.array(rows), bends])

    def split(self, parameters):
        return (parameters[:self.first_bend].reshape(self.k, self.nz, self.nt),
                parameters[self.first_bend:].reshape(self.k, self.nb))

    def shapes(self, bends):
        return self.planck * 10**(bends @ self.bl.T)

    def parts(self, parameters):
        """Amplitudes [k, z, t] and features of the components [k, z, t, feature]."""
        amplitudes, bends = self.split(parameters)
        amplitude = 10**np.clip(np.einsum("tn,kzn->kzt", self.bt, amplitudes), -12, 10)
        return amplitude, amplitude[..., None] * (self.shapes(bends) @ self.rows.T)[:, None, None]

    def errors(self, parameters):
        return np.log10(self.parts(parameters)[1].sum(axis=0)) - self.target

    def quantities(self, errors):
        """Errors of QUANTITIES over what is asked for: [z, t, quantity]."""
        return errors @ self.combine.T * self.applies

    def too_low(self, parameters):
        """How far amplitudes lie below ABSENT; they are pulled back, since none of it shows."""
        low = np.minimum(parameters - ABSENT, 0)
        low[self.first_bend:] = 0
        return low

    def cost(self, parameters, power):
        errors = self.errors(parameters)
        return (((self.bin_weight * errors[..., :BINS])**2).sum() + (abs(self.quantities(errors))**power).sum()
                + parameters @ self.regular @ parameters + (self.too_low(parameters)**2).sum())

    def normal_equations(self, parameters, power):
        """Half the gradient of the cost, and its second derivatives without those of the model."""
        amplitude, parts = self.parts(parameters)
        total = parts.sum(axis=0)
        errors = np.log10(total) - self.target
        shapes = self.shapes(self.split(parameters)[1])
        by_bend = np.array([self.rows @ (shape[:, None] * self.bl) for shape in shapes])  # [k, feature, bend]
        low = self.too_low(parameters)
        matrix = self.regular + np.diag((low < 0).astype(float))
        vector = self.regular @ parameters + low
        quantity = self.quantities(errors)
        slope = power / 2 * abs(quantity)**(power - 2)
        for z in range(self.nz):
            used = np.concatenate([np.arange(self.nt) + (k * self.nz + z) * self.nt for k in range(self.k)]
                                  + [np.arange(self.first_bend, self.size)])
            share = parts[:, z] / total[z]
            jacobian = np.concatenate(
                [s[:, :, None] * self.bt[:, None, :] for s in share]
                + [amplitude[k, z][:, None, None] * by_bend[k] / total[z][:, :, None] for k in range(self.k)], axis=2)
            jb = (jacobian[:, :BINS] * self.bin_weight[z][:, :, None]).reshape(-1, len(used))
            jq = np.einsum("rf,tfc->trc", self.combine[:, BINS:], jacobian[:, BINS:]) * self.applies[:, :, None]
            jq = jq.reshape(-1, len(used))
            matrix[np.ix_(used, used)] += jb.T @ jb + (jq * ((power - 1) * slope[z]).reshape(-1, 1)).T @ jq
            vector[used] += (jb.T @ (self.bin_weight[z] * errors[z, :, :BINS]).ravel()
                             + jq.T @ (slope[z] * quantity[z]).ravel())
        return matrix, vector

    def start(self):
        """Non-negative amplitudes of the bare blackbodies, age by age."""
        bare = self.planck @ self.rows[:BINS].T
        parameters = np.zeros(self.size)
        amplitudes, _ = self.split(parameters)  # a view
        for z in range(self.nz):
            data = 10**self.target[z, :, :BINS]
            weight = self.bin_weight[z] / data
            amplitude = np.array([nnls((bare * w).T, w * d)[0] for w, d in zip(weight, data)])
            logs = np.log10(np.maximum(amplitude, amplitude.max(axis=1, keepdims=True) * 3e-3))
            amplitudes[:, z] = np.linalg.lstsq(self.bt, logs, rcond=None)[0].T
        return parameters

    def improve(self, parameters, power, iterations):
        damping, cost = 1e-2, self.cost(parameters, power)
        for _ in range(iterations):
            matrix, vector = self.normal_equations(parameters, power)
            before = cost
            while damping < 1e8:
                step = np.linalg.solve(matrix + damping * np.diag(np.diag(matrix) + 1e-4), -vector)
                trial = parameters + np.clip(step, -0.5, 0.5)
                cost = self.cost(trial, power)
                if cost < before:
                    break
                damping *= 4
            else:
                return parameters
            parameters, damping = trial, max(damping / 3, 1e-9)
            if before - cost < 1e-6 * before:
                break
        print(f"power {power}: cost {cost:.3f}, greatest error over limit {abs(self.quantities(self.errors(parameters))).max():.3f}",
              file=sys.stderr)
        return parameters

    def fit(self):
        parameters = self.start()
        for power, iterations in ((2, 60), (4, 60), (8, 100)):
            parameters = self.improve(parameters, power, iterations)
        parameters[:self.first_bend] = np.maximum(parameters[:self.first_bend], ABSENT)
        return np.round(parameters, 2) + 0.0


# ---- below the Lyman limit -------------------------------------------------------------------------------------------------

def ionising(wavelength, spectra):
    """log10 of Q_H, and of the mean light between 700 and 900 A per ionising photon: [z, t]."""
    below = wavelength < 912
    photons = np.trapz(spectra[..., below] * wavelength[below], wavelength[below], axis=-1)
    box = (wavelength >= 700) & (wavelength <= 900)
    light = np.trapz(spectra[..., box], wavelength[box], axis=-1) / np.ptp(wavelength[box])
    return np.log10(photons * 3.828e33 / (6.62607015e-27 * 2.99792458e18)), np.log10(light / photons)


def heat(light_per_photon):
    """log10 of the temperature of a blackbody with the same light per photon.

    The light of a blackbody per photon is greatest at 15,500 K: no temperature is below that."""
    x = np.geomspace(91, 911.99, 400)
    logs = np.linspace(4.19, 5.05, 87)
    of_blackbody = ionising(x, np.array([blackbody(x, 10**t) for t in logs]))[1]
    return np.interp(-light_per_photon, -of_blackbody, logs)


def broken_line(log_age, nodes, values):
    return np.linalg.lstsq(hats(log_age, nodes), values, rcond=None)[0]


# ---- printing --------------------------------------------------------------------------------------------------------------

def show(row, digits):
    return "{" + ", ".join(f"{v:.{digits}f}".rstrip("0").rstrip(".") for v in row) + "},"


def main():
    wavelength, log_age, spectra, mass = load()
    target = np.log10(np.maximum(spectra @ feature_rows(wavelength).T, 1e-14))
    model = Model(log_age, target)
    parameters = model.fit()
    greatest = abs(model.quantities(model.errors(parameters))).max(axis=(0, 1))
    for (name, (_, oldest, limit)), over in zip(QUANTITIES.items(), greatest):
        print(f"// {name}: greatest error {over * limit:.3f} to log age {oldest:g}")
    amplitudes, bends = model.split(parameters)
    for temperature, bend, amplitude in zip(TEMPERATURES, bends, amplitudes):
        print(f"// {temperature:g} K: bends, then amplitudes by metallicity")
        for row in (bend, *amplitude):
            print(show(row, 2))
    rate, light_per_photon = ionising(wavelength, spectra)
    print("// log Q_H by metallicity")
    for row in rate:
        print(show(broken_line(log_age, LOG_RATE_AGES, row), 2))
    print("// log temperature of the ionising light")
    print(show(broken_line(log_age, LOG_HEAT_AGES, heat(light_per_photon).mean(axis=0)), 2))
    print("// surviving mass")
    print(show(broken_line(log_age, LOG_MASS_AGES, mass.mean(axis=0)), 3))


if __name__ == "__main__":
    main()
