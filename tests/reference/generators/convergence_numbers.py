"""Numbers for tests/reference/validation/convergence_test.cpp: the formulas of Vehtari+2021 (and emcee's window), written out with direct
sums in numpy. Prints one row a case:

  name, r_hat, ess_bulk, ess_tail, ess(q10), ess_mean, mcse(q10), mcse_median, mcse_mean, tau

The draws come from a linear congruence (Numerical Recipes' quick one), so that the test can make the same ones:
  s <- 1664525 s + 1013904223 mod 2^32;  x <- rho x + (s / 2^32 - 1/2);  x starts at 0, s at 7919 (chain + 1).
"""
import numpy as np
from emcee.autocorr import integrated_time
from scipy import stats


def chain(number, length, rho):
    s, x, out = 7919 * (number + 1), 0.0, []
    for _ in range(length):
        s = (1664525 * s + 1013904223) % 2**32
        x = rho * x + (s / 2**32 - 0.5)
        out.append(x)
    return out


def chains(count, length, rho):
    return np.array([chain(c, length, rho) for c in range(count)])


def split(x):
    half = x.shape[1] // 2
    return np.concatenate([x[:, :half], x[:, x.shape[1] - half:]])


def normal_scores(x):
    return stats.norm.ppf((stats.rankdata(x).reshape(x.shape) - 3 / 8) / (x.size + 1 / 4))


def r_hat_basic(x):
    n = x.shape[1]
    b, w = n * np.var(x.mean(1), ddof=1), np.mean(np.var(x, axis=1, ddof=1))
    return np.sqrt(((n - 1) / n * w + b / n) / w)


def r_hat(x):
    h = split(x)
    return max(r_hat_basic(normal_scores(h)), r_hat_basic(normal_scores(np.abs(h - np.median(h)))))


def autocovariance(y, t):
    d = y - y.mean()
    return np.sum(d[: len(d) - t] * d[t:]) / len(d)


def ess(x):
    m, n = x.shape
    w = np.mean(np.var(x, axis=1, ddof=1))
    var_plus = (n - 1) / n * w + (np.var(x.mean(1), ddof=1) if m > 1 else 0)
    rho = lambda t: 1 - (w - np.mean([autocovariance(y, t) for y in x])) / var_plus
    pairs, evens, t = [1 + rho(1)], [1.0], 2  # rho(0) is 1 by definition
    while t <= n - 3 and pairs[-1] > 0:
        evens.append(rho(t))
        pairs.append(evens[-1] + rho(t + 1))
        t += 2
    tau = -1 + 2 * np.sum(np.minimum.accumulate(pairs)[:-1]) + max(0, evens[-1])
    return m * n / max(tau, 1 / np.log10(m * n))


def ess_quantile(x, p):
    return ess(split((x <= np.quantile(x, p)).astype(float)))


def mcse_quantile(x, p):
    e, s = ess_quantile(x, p), np.sort(x.ravel())
    low, high = stats.beta.ppf([0.1586553, 0.8413447], e * p + 1, e * (1 - p) + 1)
    first, last = max(int(np.floor(low * s.size)), 1), min(int(np.ceil(high * s.size)), s.size)  # counted from 1
    return (s[last - 1] - s[first - 1]) / 2


def autocorrelation_time(x):
    f = np.mean([[autocovariance(y, t) / autocovariance(y, 0) for t in range(x.shape[1])] for y in x], axis=0)
    tau = 2 * np.cumsum(f) - 1
    result = tau[np.argmin(np.arange(len(tau)) < 5 * tau)]
    assert abs(result - integrated_time(x.T, quiet=True)[0]) < 1e-10  # emcee itself
    return result


def cases():
    yield "smooth", chains(4, 250, 0.7)
    shifted = chains(3, 201, 0.8)
    shifted[1] += 0.4
    yield "shifted, odd length", shifted
    wide = chains(4, 120, 0.3)
    wide[0] *= 3
    yield "one wider", wide
    yield "ties", np.floor(8 * chains(4, 150, 0.5)) / 8
    yield "single", chains(1, 400, 0.9)
    yield "many short", chains(40, 60, 0.9)
    yield "antithetic", chains(4, 100, -0.6)
    yield "shortest", chains(2, 8, 0.2)


if __name__ == "__main__":
    for name, x in cases():
        mean_error = np.std(x, ddof=1) / np.sqrt(ess(split(x)))
        row = (r_hat(x), ess(normal_scores(split(x))), min(ess_quantile(x, 0.05), ess_quantile(x, 0.95)), ess_quantile(x, 0.1),
               ess(split(x)), mcse_quantile(x, 0.1), mcse_quantile(x, 0.5), mean_error, autocorrelation_time(x))
        print(f'    {{"{name}", ' + ", ".join(repr(float(v)) for v in row) + "},")
