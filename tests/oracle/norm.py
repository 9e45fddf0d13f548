"""Normalisation from its definition, in loops over float64."""

import math

import numpy as np


def batch_norm(x, weight, bias, *, eps):
    channels = x.shape[1]
    mean, variance = np.zeros(channels), np.zeros(channels)
    for c in range(channels):
        mean[c], variance[c] = statistics_of(x[:, c])
    return batch_norm_inference(x, mean, variance, weight, bias, eps=eps), mean, variance


def batch_norm_inference(x, mean, variance, weight, bias, *, eps):
    y = np.zeros(x.shape)
    for at in np.ndindex(*x.shape):
        c = at[1]
        y[at] = normal_of(x[at], mean[c], variance[c], eps) * entry(weight, c, 1)
        y[at] += entry(bias, c, 0)
    return y


def batch_norm_gradient(dy, x, mean, variance, weight, *, eps, training):
    channels = x.shape[1]
    dx, dweight, dbias = np.zeros(x.shape), np.zeros(channels), np.zeros(channels)
    for at in np.ndindex(*x.shape):
        dbias[at[1]] += dy[at]
        dweight[at[1]] += dy[at] * normal_of(x[at], mean[at[1]], variance[at[1]], eps)
    for at in np.ndindex(*x.shape):
        c = at[1]
        dx[at] = dy[at]
        if training:
            h = normal_of(x[at], mean[c], variance[c], eps)
            dx[at] -= (dbias[c] + h * dweight[c]) / (x.size // channels)
        dx[at] *= entry(weight, c, 1) / np.sqrt(variance[c] + eps)
    return dx, dweight, dbias


def running_statistics(running_mean, running_variance, mean, variance, batches, *, momentum, count):
    rate = 1 / int(batches) if momentum is None else momentum
    unbiased = variance * count / (count - 1)
    return (
        (1 - rate) * running_mean + rate * mean,
        (1 - rate) * running_variance + rate * unbiased,
    )


def group_norm(x, weight, bias, *, groups, eps):
    y, mean, variance = np.zeros(x.shape), *np.zeros((2, x.shape[0], groups))
    width = x.shape[1] // groups
    for n, g in np.ndindex(x.shape[0], groups):
        mean[n, g], variance[n, g] = statistics_of(x[n, g * width : (g + 1) * width])
    for at in np.ndindex(*x.shape):
        n, c = at[:2]
        h = normal_of(x[at], mean[n, c // width], variance[n, c // width], eps)
        y[at] = h * entry(weight, c, 1) + entry(bias, c, 0)
    return y, mean, variance


def group_norm_gradient(dy, x, mean, variance, weight, *, groups, eps):
    channels = x.shape[1]
    dx, dweight, dbias = np.zeros(x.shape), np.zeros(channels), np.zeros(channels)
    width = channels // groups
    h = np.zeros(x.shape)
    for at in np.ndindex(*x.shape):
        n, c = at[:2]
        h[at] = normal_of(x[at], mean[n, c // width], variance[n, c // width], eps)
        dbias[c] += dy[at]
        dweight[c] += dy[at] * h[at]
    for n, g in np.ndindex(x.shape[0], groups):
        members = [
            (n, c, *rest)
            for c in range(g * width, (g + 1) * width)
            for rest in np.ndindex(*x.shape[2:])
        ]
        scaled = {at: dy[at] * entry(weight, at[1], 1) for at in members}
        mean_g = sum(scaled.values()) / len(members)
        mean_g_h = sum(scaled[at] * h[at] for at in members) / len(members)
        for at in members:
            dx[at] = (scaled[at] - mean_g - h[at] * mean_g_h) / np.sqrt(variance[n, g] + eps)
    return dx, dweight, dbias


def local_response_norm(x, *, size, alpha, beta, k):
    y = np.zeros(x.shape)
    for at in np.ndindex(*x.shape):
        y[at] = x[at] / divisor_of(x, at, size, alpha, k) ** beta
    return y


def local_response_norm_gradient(dy, x, *, size, alpha, beta, k):
    """d y[c] / d x[e], added up over c: -beta x[c] d[c]^(-beta - 1) * 2 alpha / size x[e]."""
    dx = np.zeros(x.shape)
    for at in np.ndindex(*x.shape):
        d = divisor_of(x, at, size, alpha, k)
        dx[at] += dy[at] / d**beta
        for e in neighbours(at[1], size, x.shape[1]):
            other = (at[0], e, *at[2:])
            dx[other] -= dy[at] * x[at] / d ** (beta + 1) * 2 * alpha * beta / size * x[other]
    return dx


def statistics_of(values):
    flat = [float(value) for value in values.ravel()]
    mean = sum(flat) / len(flat)
    return mean, sum((value - mean) ** 2 for value in flat) / len(flat)


def normal_of(value, mean, variance, eps):
    return (value - mean) / np.sqrt(variance + eps)


def entry(vector, place, otherwise):
    return otherwise if vector is None else vector[place]


def neighbours(channel, size, channels):
    return [
        e for e in range(channel - size // 2, channel + (size - 1) // 2 + 1) if 0 <= e < channels
    ]


def divisor_of(x, at, size, alpha, k):
    squares = [x[at[0], e, *at[2:]] ** 2 for e in neighbours(at[1], size, x.shape[1])]
    return k + alpha / size * math.fsum(squares)
