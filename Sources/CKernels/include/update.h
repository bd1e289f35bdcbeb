// Optimiser updates over a range of the flat parameter vector, with PyTorch's formulas. The
// gradient is multiplied by `gradient_scale` (one over the batch's clips) first.
#pragma once

#include "variant.h"

/// g = gradient * gradient_scale + decay w; v = momentum v + g; w -= rate (nesterov ? g + momentum
/// v : v). With v zero at the start this is torch.optim.SGD with dampening 0. Where momentum is 0,
/// velocity may be null.
void lk_update_sgd(
    lk_int count, float *w, const float *gradient, float *velocity, float gradient_scale,
    float rate, float momentum, float decay, int nesterov);

/// average += share (w - average): one step of an exponential moving average of the weights.
void lk_update_average(lk_int count, const float *w, float *average, float share);

/// torch.optim.Adam, or AdamW where `decoupled`. correction1 = 1 - beta1^t, correction2 = 1 -
/// beta2^t, with t = 1 in the first step.
void lk_update_adam(
    lk_int count, float *w, const float *gradient, float *m, float *v, float gradient_scale,
    float rate, float beta1, float beta2, float epsilon, float decay, int decoupled,
    double correction1, double correction2);
