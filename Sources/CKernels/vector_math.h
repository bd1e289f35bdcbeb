// Arithmetic that every kernel file may use; included once per pass by each_variant.h, so no
// include guard.
//
// The functions are branch-free scalar code: inside a loop the compiler turns them into vector code
// with the same bits, so the tail of a loop and its body agree.

/// Loads and stores through `vec *` need the alignment of a float only.
typedef float LK_(vec) __attribute__((vector_size(4 * LK_LANES), aligned(4), may_alias));
#define vec LK_(vec)
/// As many integers; what comparing two vectors gives: all ones where it holds, else zero.
typedef int32_t LK_(lanes) __attribute__((vector_size(4 * LK_LANES), aligned(4), may_alias));
#define lanes LK_(lanes)

LK_INLINE vec LK_(load)(const float *x) { return *(const vec *)x; }
#define load LK_(load)

/// `x` in every lane. Subtracting zero is how GNU C says so without a cost: x - 0 is x, for -0 too.
LK_INLINE vec LK_(broadcast)(float x) { return x - (vec){0}; }
#define broadcast LK_(broadcast)

/// a b + c, fused where the instruction set has it. Portable x86 code rounds twice: a fused
/// emulation would be a hundred times slower.
LK_INLINE float LK_(fma32)(float a, float b, float c) {
#if LK_PASS > 0 || defined(__aarch64__)
    return __builtin_fmaf(a, b, c);
#else
    return a * b + c;
#endif
}
#define fma32 LK_(fma32)

LK_INLINE vec LK_(fma_vec)(vec a, vec b, vec c) {
#if LK_PASS > 0 || defined(__aarch64__)
    return __builtin_elementwise_fma(a, b, c);
#else
    return a * b + c;
#endif
}
#define fma_vec LK_(fma_vec)

/// Vectors of at most eight floats, for rows of eight channels: there, half of AVX-512's would
/// idle.
#define LK_NARROW (LK_LANES < 8 ? LK_LANES : 8)
typedef float LK_(narrow) __attribute__((vector_size(4 * LK_NARROW), aligned(4), may_alias));
#define narrow LK_(narrow)
typedef int32_t LK_(narrow_lanes)
    __attribute__((vector_size(4 * LK_NARROW), aligned(4), may_alias));
#define narrow_lanes LK_(narrow_lanes)

LK_INLINE narrow LK_(load_narrow)(const float *x) { return *(const narrow *)x; }
#define load_narrow LK_(load_narrow)

LK_INLINE narrow LK_(broadcast_narrow)(float x) { return x - (narrow){0}; }
#define broadcast_narrow LK_(broadcast_narrow)

LK_INLINE narrow LK_(fma_narrow)(narrow a, narrow b, narrow c) {
#if LK_PASS > 0 || defined(__aarch64__)
    return __builtin_elementwise_fma(a, b, c);
#else
    return a * b + c;
#endif
}
#define fma_narrow LK_(fma_narrow)

LK_INLINE uint32_t LK_(bits_of)(float x) {
    uint32_t u;
    __builtin_memcpy(&u, &x, sizeof u);
    return u;
}
#define bits_of LK_(bits_of)

LK_INLINE float LK_(float_of)(uint32_t u) {
    float x;
    __builtin_memcpy(&x, &u, sizeof x);
    return x;
}
#define float_of LK_(float_of)

/// e^x within about one ulp: x = n ln 2 + r, a polynomial in r (Cephes expf's coefficients), then
/// 2^n in two factors, as one alone cannot reach both ends of the range.
LK_INLINE float LK_(exp32)(float x) {
    const float magic = 12582912.0f;  // 1.5 * 2^23: adding it rounds to an integer in the low bits
    float clamped = x < -104.0f ? -104.0f : x;
    clamped = clamped > 89.0f ? 89.0f : clamped;
    float shifted = fma32(clamped, 1.44269504088896341f, magic);
    float n = shifted - magic;
    float r = fma32(n, -0.693359375f, clamped);
    r = fma32(n, 2.12194440e-4f, r);
    float p = 1.9875691500e-4f;
    p = fma32(p, r, 1.3981999507e-3f);
    p = fma32(p, r, 8.3334519073e-3f);
    p = fma32(p, r, 4.1665795894e-2f);
    p = fma32(p, r, 1.6666665459e-1f);
    p = fma32(p, r, 5.0000001201e-1f);
    p = fma32(p, r * r, r) + 1.0f;
    int32_t whole = (int32_t)(bits_of(shifted) - 0x4B400000u);
    int32_t half = whole >> 1;
    float low = float_of((uint32_t)(half + 127) << 23);
    float high = float_of((uint32_t)(whole - half + 127) << 23);
    return p * low * high;
}
#define exp32 LK_(exp32)

/// 1 / (1 + e^-x).
LK_INLINE float LK_(sigmoid32)(float x) { return 1.0f / (1.0f + exp32(-x)); }
#define sigmoid32 LK_(sigmoid32)

/// tanh x: near zero a polynomial (Cephes tanhf's), as 1 - 2 / (e^2x + 1) cancels there.
LK_INLINE float LK_(tanh32)(float x) {
    float magnitude = float_of(bits_of(x) & 0x7FFFFFFFu);
    float large = 1.0f - 2.0f / (exp32(magnitude + magnitude) + 1.0f);
    float z = x * x;
    float p = -5.70498872745e-3f;
    p = fma32(p, z, 2.06390887954e-2f);
    p = fma32(p, z, -5.37397155531e-2f);
    p = fma32(p, z, 1.33314422036e-1f);
    p = fma32(p, z, -3.33332819422e-1f);
    float small = fma32(p * z, magnitude, magnitude);
    float result = magnitude < 0.625f ? small : large;
    return float_of(bits_of(result) | (bits_of(x) & 0x80000000u));
}
#define tanh32 LK_(tanh32)

/// e^x in double for x <= 0, by Taylor's series after reduction to |r| <= ln(2) / 2.
LK_INLINE double LK_(exp64)(double x) {
    const double magic = 6755399441055744.0;  // 1.5 * 2^52
    double clamped = x < -700.0 ? -700.0 : x;
    double shifted = clamped * 1.4426950408889634 + magic;
    double n = shifted - magic;
    double r = clamped - n * 0.6931471803691238;
    r = r - n * 1.9082149292705877e-10;
    double p = 1.0 / 6227020800.0;
    p = p * r + 1.0 / 479001600.0;
    p = p * r + 1.0 / 39916800.0;
    p = p * r + 1.0 / 3628800.0;
    p = p * r + 1.0 / 362880.0;
    p = p * r + 1.0 / 40320.0;
    p = p * r + 1.0 / 5040.0;
    p = p * r + 1.0 / 720.0;
    p = p * r + 1.0 / 120.0;
    p = p * r + 1.0 / 24.0;
    p = p * r + 1.0 / 6.0;
    p = p * r + 0.5;
    p = p * r + 1.0;
    p = p * r + 1.0;
    uint64_t bits;
    __builtin_memcpy(&bits, &shifted, sizeof bits);
    bits = (bits - 0x4338000000000000u + 1023u) << 52;
    double power;
    __builtin_memcpy(&power, &bits, sizeof power);
    return x < -700.0 ? 0.0 : p * power;
}
#define exp64 LK_(exp64)

/// log x in double for normal positive x: 2 artanh((m - 1) / (m + 1)) of the mantissa m in
/// [sqrt(1/2), sqrt(2)).
LK_INLINE double LK_(log64)(double x) {
    uint64_t bits;
    __builtin_memcpy(&bits, &x, sizeof bits);
    int64_t offset = (int64_t)(bits - 0x3FE6A09E667F3BCDu);
    double e = (double)(offset >> 52);
    bits = ((uint64_t)offset & 0x000FFFFFFFFFFFFFu) + 0x3FE6A09E667F3BCDu;
    double m;
    __builtin_memcpy(&m, &bits, sizeof m);
    double s = (m - 1.0) / (m + 1.0), z = s * s, p = 1.0 / 23.0;
    for (int k = 21; k >= 3; k -= 2) p = p * z + 1.0 / k;
    return e * 0.6931471805599453 + 2.0 * (s + s * z * p);
}
#define log64 LK_(log64)

/// A row of few channels is too short a loop to vectorise well. Kernels with per-channel
/// coefficients therefore treat several rows as one of up to LK_FOLDED floats, with the
/// coefficients repeated.
#define LK_FOLDED 128
LK_INLINE lk_int LK_(fold)(lk_int channels) {
    lk_int rows = 1;
    while (rows * channels * 2 <= LK_FOLDED) rows *= 2;
    return rows;
}
#define fold LK_(fold)

/// `channels` coefficients repeated for `repeats` rows.
LK_INLINE void LK_(repeat)(lk_int channels, lk_int repeats, const float *x, float *out) {
    for (lk_int r = 0; r < repeats; r++)
        for (lk_int c = 0; c < channels; c++) out[r * channels + c] = x[c];
}
#define repeat LK_(repeat)
