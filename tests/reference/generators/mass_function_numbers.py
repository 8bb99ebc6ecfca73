"""Numbers for tests/reference/engine/population: numpy, scipy and emcee, nothing of arcproof.

usage: mass_function_numbers.py [integral|likelihood|maximum|published|emcee]     (default: all)

Integrals over the mass function are composite Gauss-Legendre in ln t (40 nodes a unit of ln t), checked against scipy.special.expn at
integer order and scipy.integrate.quad elsewhere; the largest disagreement is printed as a comment.
Masses: two samples of 60 quantiles, so that nothing random has to be shared:
  power  t = (1 - u)^(1/(beta+1)), beta = -1.9      u = (i + 0.5)/60, M = 2e6 t
  curved t = 1 + 9 u^3
"""
import sys
import numpy as np
from scipy import integrate, optimize, special

M_MIN, N = 2e6, 60
U = (np.arange(N) + 0.5) / N
SAMPLES = {"power": (1 - U) ** (1 / -0.9), "curved": 1 + 9 * U**3}
NODE, WEIGHT = np.polynomial.legendre.leggauss(40)


def integral(f, upper):
    """Composite Gauss-Legendre of f(u) over 0 < u < upper; panels of at most 1."""
    edges = np.linspace(0, upper, int(np.ceil(upper)) + 1)
    half = 0.5 * np.diff(edges)[:, None]
    u = edges[:-1, None] + half * (NODE + 1)
    return float(np.sum(half * WEIGHT * f(u)))


def moment(beta, x, log_range=np.inf, g=lambda u: 1.0):
    """int t^beta exp(-x t) g(ln t) dt, 1 < t < r."""
    upper = min(log_range, np.log(745 / x))
    return integral(lambda u: np.exp((beta + 1) * u - x * np.exp(u)) * g(u), upper)


def print_integral():
    worst = 0
    for p in (0.5, 1, 1 + 1e-9, 1.3, 1.5, 1.89, 2 - 1e-9, 2, 2 + 1e-5, 2.5, 2.97, 3, 3.7, 6.2):
        for x in (1e-6, 2e-3, 0.02, 0.3, 0.999, 1.49, 1.51, 4.0, 30.0):
            value = moment(-p, x)
            twin = special.expn(int(p), x) if float(p).is_integer() else integrate.quad(
                lambda u: np.exp((1 - p) * u - x * np.exp(u)), 0, np.log(745 / x), epsabs=0, epsrel=1e-12, limit=400)[0]
            worst = max(worst, abs(value / twin - 1))
            print(f"    {{{p!r}, {x!r}, {value!r}}},")
    print(f"// largest disagreement between the two ways: {worst:.1e}")


def log_likelihood(t, beta, x, log_range=np.inf):
    return float(np.sum(beta * np.log(t) - x * t) - len(t) * np.log(moment(beta, x, log_range)) - len(t) * np.log(M_MIN))


def print_likelihood():
    for name, t in SAMPLES.items():
        for beta, log_cutoff in ((-1.2, 6.5), (-1.9, 8.0), (-2.0, 7.3), (-2.9, 8.9)):
            x = M_MIN / 10**log_cutoff
            print(f"    {{{name}, {beta}, {log_cutoff}, {log_likelihood(t, beta, x)!r},"
                  f" {log_likelihood(t, beta, x, np.log(2000))!r}}},")


def print_maximum():
    """Where the expectations of ln t and t equal the sample's (interior maximum); the last one lies at log_cutoff = 9."""
    for name, log_range in (("curved", np.inf), ("curved", np.log(30)), ("power", np.log(2000))):
        t = SAMPLES[name]

        def scores(theta):
            beta, x = theta[0], np.exp(theta[1])
            z = moment(beta, x, log_range)
            return [moment(beta, x, log_range, lambda u: u) / z - np.mean(np.log(t)),
                    np.log(moment(beta, x, log_range, np.exp) / z / np.mean(t))]

        best = optimize.root(scores, [-1.5, np.log(0.05)], tol=1e-13)
        print(f"    {name}, ln r = {log_range!r}: beta {best.x[0]!r}, log_cutoff {np.log10(M_MIN / np.exp(best.x[1]))!r}"
              f"  // residual {np.max(np.abs(best.fun)):.0e}")
    t, x = SAMPLES["power"], M_MIN / 1e9
    at_bound = lambda beta: moment(beta, x, np.inf, lambda u: u) / moment(beta, x) - np.mean(np.log(t))
    print(f"    power, log_cutoff = 9: beta {optimize.brentq(at_bound, -2.5, -1.2, xtol=1e-14)!r}")
    cut = np.log(2000)
    truncated = lambda beta: (integral(lambda u: u * np.exp((beta + 1) * u), cut) /
                              integral(lambda u: np.exp((beta + 1) * u), cut) - np.mean(np.log(t)))
    print(f"    power law below r = 2000: beta {optimize.brentq(truncated, -2.5, -1.2, xtol=1e-14)!r}")


def print_published():
    """Power-law posteriors of 60 masses with a median slope of -1.89, on a grid: upper limit, <ln t>, 16, 50, 84%."""
    a = np.linspace(1e-4, 1.9999, 20001)  # -(beta + 1)

    def quantiles(mean_log, log_range):
        log_posterior = -N * (np.log(-np.expm1(-a * log_range) / a) + a * mean_log)
        cumulative = np.cumsum(np.exp(log_posterior - log_posterior.max()))
        return -1 - np.interp([0.84, 0.5, 0.16], cumulative / cumulative[-1], a)

    for limit in (10**8.2, 1e9, np.inf):
        log_range = np.log(limit / M_MIN)
        mean_log = optimize.brentq(lambda m: quantiles(m, log_range)[1] + 1.89, 0.5, 1.8)
        print(f"    {{{limit!r}, {mean_log!r}, " + ", ".join(f"{q:.5f}" for q in quantiles(mean_log, log_range)) + "},")


def print_emcee():
    """8 runs of 100 x 6500, 500 burn-in, of the Schechter posterior of `curved`: mean over runs, and the error of that mean."""
    import emcee
    t = SAMPLES["curved"]
    s, s1 = np.sum(np.log(t)), np.sum(t)
    u = np.concatenate([i + 0.5 * (NODE[None, :] + 1).ravel() for i in range(14)])
    w = np.tile(0.5 * WEIGHT, 14)

    def log_density(theta):
        beta, log_cutoff = theta[:, 0], theta[:, 1]
        inside = (beta > -3) & (beta < -1) & (log_cutoff > np.log10(M_MIN)) & (log_cutoff < 9)
        x = M_MIN / 10 ** np.clip(log_cutoff, np.log10(M_MIN), 9)
        z = np.exp((beta[:, None] + 1) * u - x[:, None] * np.exp(u)) @ w
        return np.where(inside, beta * s - x * s1 - N * np.log(z), -np.inf)

    rows = []
    for seed in range(8):
        np.random.seed(seed)
        start = np.column_stack([np.random.uniform(-3, -1, 100), np.random.uniform(np.log10(M_MIN), 9, 100)])
        sampler = emcee.EnsembleSampler(100, 2, log_density, vectorize=True)
        sampler.run_mcmc(start, 6500)
        flat = sampler.get_chain(discard=500, flat=True)
        cov = np.cov(flat.T)
        tau = sampler.get_autocorr_time(discard=500, quiet=True)
        rows.append([*flat.mean(0), cov[0, 0], cov[0, 1], cov[1, 1], *tau, np.mean(sampler.acceptance_fraction)])
    names = ("mean beta", "mean log_cutoff", "var beta", "cov", "var log_cutoff", "tau beta", "tau log_cutoff", "acceptance")
    for name, mean, error in zip(names, np.mean(rows, 0), np.std(rows, 0, ddof=1) / np.sqrt(8)):
        print(f"    {{{mean:.8g}, {error:.2g}}},  // {name}")


if __name__ == "__main__":
    wanted = sys.argv[1:] or ["integral", "likelihood", "maximum", "published", "emcee"]
    for what in wanted:
        globals()["print_" + what]()
