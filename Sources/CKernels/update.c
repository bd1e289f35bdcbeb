// Optimiser updates. Memory-bound, so plain multiplies and adds: every variant gives the same bits.
#ifndef LK_PASS
#define LK_FILE "update.c"
#include "each_variant.h"
#else

LK_KERNEL(
    update_sgd,
    (lk_int count, float *w, const float *gradient, float *velocity, float gradient_scale,
     float rate, float momentum, float decay, int nesterov),
    (count, w, gradient, velocity, gradient_scale, rate, momentum, decay, nesterov)) {
    if (momentum == 0.0f) {
        LK_INDEPENDENT
        for (lk_int i = 0; i < count; i++)
            w[i] -= rate * (gradient[i] * gradient_scale + decay * w[i]);
        return;
    }
    // The direction is v, or g + momentum v: choosing by factor keeps one loop.
    float own = nesterov ? 1.0f : 0.0f, along = nesterov ? momentum : 1.0f;
    LK_INDEPENDENT
    for (lk_int i = 0; i < count; i++) {
        float g = gradient[i] * gradient_scale + decay * w[i];
        float v = momentum * velocity[i] + g;
        velocity[i] = v;
        w[i] -= rate * (own * g + along * v);
    }
}

LK_KERNEL(
    update_average, (lk_int count, const float *w, float *average, float share),
    (count, w, average, share)) {
    LK_INDEPENDENT
    for (lk_int i = 0; i < count; i++) average[i] += share * (w[i] - average[i]);
}

LK_KERNEL(
    update_adam,
    (lk_int count, float *w, const float *gradient, float *m, float *v, float gradient_scale,
     float rate, float beta1, float beta2, float epsilon, float decay, int decoupled,
     double correction1, double correction2),
    (count, w, gradient, m, v, gradient_scale, rate, beta1, beta2, epsilon, decay, decoupled,
     correction1, correction2)) {
    float step = (float)((double)rate / correction1);
    float root = (float)(1.0 / __builtin_sqrt(correction2));
    float keep = decoupled ? 1.0f - rate * decay : 1.0f;
    float l2 = decoupled ? 0.0f : decay;
    float fresh1 = (float)(1.0 - (double)beta1), fresh2 = (float)(1.0 - (double)beta2);
    LK_INDEPENDENT
    for (lk_int i = 0; i < count; i++) {
        float g = gradient[i] * gradient_scale + l2 * w[i];
        float mi = beta1 * m[i] + fresh1 * g;
        float vi = beta2 * v[i] + fresh2 * (g * g);
        m[i] = mi;
        v[i] = vi;
        w[i] = keep * w[i] - step * (mi / (__builtin_sqrtf(vi) * root + epsilon));
    }
}

#endif
