"""Losses of a classifier from their definitions, in loops over float64."""

import math

import numpy as np


def cross_entropy(x, labels, weight, *, smoothing, ignore_index):
    loss, weights, z = (np.zeros(labels.shape) for _ in range(3))
    for place in np.ndindex(labels.shape):
        row, w = sample(x, place), class_weights(x, weight)
        z[place] = log_sum_exp(row)
        label = labels[place]
        if label == ignore_index:
            continue
        weights[place] = w[label]
        loss[place] = (1 - smoothing) * w[label] * (z[place] - row[label])
        for c in range(len(row)):
            if smoothing:
                loss[place] += smoothing / len(row) * w[c] * (z[place] - row[c])
    return loss, weights, z


def cross_entropy_gradient(dloss, x, labels, weight, z, *, smoothing, ignore_index):
    dx = np.zeros(x.shape)
    for place in np.ndindex(labels.shape):
        row, w = sample(x, place), class_weights(x, weight)
        label = labels[place]
        if label == ignore_index:
            continue
        for c in range(len(row)):
            p = np.exp(row[c] - z[place])
            d = (1 - smoothing) * w[label] * (p - (c == label))
            if smoothing:
                d += smoothing / len(row) * (sum(w) * p - w[c])
            dx[(place[0], c, *place[1:])] = dloss[place] * d
    return dx


def nll_loss(x, labels, weight, *, ignore_index):
    loss, weights = np.zeros(labels.shape), np.zeros(labels.shape)
    for place in np.ndindex(labels.shape):
        if labels[place] != ignore_index:
            weights[place] = class_weights(x, weight)[labels[place]]
            loss[place] = -weights[place] * sample(x, place)[labels[place]]
    return loss, weights


def nll_loss_gradient(dloss, x, labels, weight, *, ignore_index):
    dx = np.zeros(x.shape)
    for place in np.ndindex(labels.shape):
        label = labels[place]
        if label != ignore_index:
            dx[(place[0], label, *place[1:])] = -class_weights(x, weight)[label] * dloss[place]
    return dx


def sample(x, place):
    """The values of all classes for one label."""
    return [x[(place[0], c, *place[1:])] for c in range(x.shape[1])]


def class_weights(x, weight):
    return [1.0] * x.shape[1] if weight is None else list(weight)


def log_sum_exp(row):
    if any(math.isnan(value) or value == math.inf for value in row):
        return math.nan
    largest = max(row)
    if largest == -math.inf:
        return math.nan
    return largest + math.log(sum(math.exp(value - largest) for value in row))
