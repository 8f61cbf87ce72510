/* The same iterations in C by hand: vectors of 8 doubles, two of which hold the hidden state. H = 16, T = 8 only.
   Uses GCC's vector extensions, so it runs on any processor. It is fastest if a vector fits into one register. */
#include <math.h>
#include <stdint.h>
#include <string.h>

#define H 16
#define T 8
typedef double V __attribute__((vector_size(64), aligned(64)));
typedef int64_t I __attribute__((vector_size(64), aligned(64)));
typedef struct { V lo, hi; } Hidden; /* one vector over the hidden units */

#define INLINE static inline __attribute__((always_inline))
#define SPLAT(x) ((V){} + (x))

INLINE V choose(I mask, V yes, V no) { return (V)((mask & (I)yes) | (~mask & (I)no)); }

/* e**x = 2**k 2**f, k rounded to nearest by a magic constant, 2**f by a polynomial of degree 11 in Estrin's order. */
INLINE V exponential(V x) {
    const V rounder = SPLAT(0x1.8p52), log2e = SPLAT(1.4426950408889634);
    x = choose(x > 708.0, SPLAT(708.0), x);
    x = choose(x < -708.0, SPLAT(-708.0), x);
    V shifted = x * log2e + rounder;
    V f = x * log2e + (rounder - shifted), f2 = f * f, f4 = f2 * f2;
    V p0 = f * 0.6931471805599453 + 1.0, p1 = f * 0.055504108664821625 + 0.24022650695910158;
    V p2 = f * 0.001333355814640647 + 0.009618129107587256, p3 = f * 1.5252733841556773e-05 + 0.00015403530463724353;
    V p4 = f * 1.0178057087733941e-07 + 1.3215432535912375e-06, p5 = f * 4.4558179083360645e-10 + 7.074194297288521e-09;
    V p = ((p5 * f2 + p4) * f4 + (p3 * f2 + p2)) * f4 + (p1 * f2 + p0);
    return (V)((I)p + ((I)shifted << 52));
}

INLINE V sigmoid(V z) { return 1.0 / (1.0 + exponential(-z)); }

INLINE double total(V v) { return ((v[0] + v[4]) + (v[2] + v[6])) + ((v[1] + v[5]) + (v[3] + v[7])); }

/* start + vector @ matrix, two sums for each half */
INLINE Hidden product(Hidden start, const double *vector, const Hidden *matrix) {
    Hidden even = start, odd = {SPLAT(0.0), SPLAT(0.0)};
#pragma GCC unroll 8
    for (int j = 0; j < H; j += 2) {
        even.lo += vector[j] * matrix[j].lo;
        even.hi += vector[j] * matrix[j].hi;
        odd.lo += vector[j + 1] * matrix[j + 1].lo;
        odd.hi += vector[j + 1] * matrix[j + 1].hi;
    }
    return (Hidden){even.lo + odd.lo, even.hi + odd.hi};
}

/* parameters: W_xh (2, H), W_hy (H, 1), W_hh (H, H), trained in place over n problems; errors (n,) */
void train(double *parameters, const int64_t *operands, int64_t n, double learning_rate, double *errors) {
    Hidden W_xh[2], W_hh[H], W_hh_T[H], W_hy;
    memcpy(W_xh, parameters, sizeof W_xh);
    memcpy(&W_hy, parameters + 2 * H, sizeof W_hy);
    memcpy(W_hh, parameters + 3 * H, sizeof W_hh);
    for (int j = 0; j < H; j++)
        for (int k = 0; k < H; k++) ((double *)&W_hh_T[k])[j] = ((double *)&W_hh[j])[k];

    Hidden h[T + 1] = {0}, delta[T];
    const V rate = SPLAT(learning_rate);
    for (int64_t i = 0; i < n; i++) {
        int64_t a = operands[2 * i], b = operands[2 * i + 1], c = a + b;
        double x[T][2];
        V target, logit;
        for (int t = 0; t < T; t++) {
            x[t][0] = a >> t & 1;
            x[t][1] = b >> t & 1;
            target[t] = c >> t & 1;
        }
        for (int t = 0; t < T; t++) {
            Hidden z = {x[t][0] * W_xh[0].lo + x[t][1] * W_xh[1].lo, x[t][0] * W_xh[0].hi + x[t][1] * W_xh[1].hi};
            if (t) z = product(z, (double *)&h[t], W_hh);
            h[t + 1].lo = sigmoid(z.lo);
            h[t + 1].hi = sigmoid(z.hi);
            logit[t] = total(h[t + 1].lo * W_hy.lo + h[t + 1].hi * W_hy.hi);
        }
        V o = sigmoid(logit), missing = target - o, output_delta = missing * o * (1.0 - o);
        errors[i] = total((V)((I)missing & INT64_MAX));

        for (int t = T - 1; t >= 0; t--) {
            Hidden g = {output_delta[t] * W_hy.lo, output_delta[t] * W_hy.hi};
            if (t < T - 1) g = product(g, (double *)&delta[t + 1], W_hh_T);
            delta[t].lo = g.lo * h[t + 1].lo * (1.0 - h[t + 1].lo);
            delta[t].hi = g.hi * h[t + 1].hi * (1.0 - h[t + 1].hi);
        }
#pragma GCC unroll 1
        for (int j = 0; j < H; j++) { /* W_hh and its transpose: one product over positions each */
            Hidden row = {SPLAT(0.0), SPLAT(0.0)}, column = row;
#pragma GCC unroll 8
            for (int t = 1; t < T; t++) {
                double state = ((double *)&h[t])[j], error = ((double *)&delta[t])[j];
                row.lo += state * delta[t].lo;
                row.hi += state * delta[t].hi;
                column.lo += error * h[t].lo;
                column.hi += error * h[t].hi;
            }
            W_hh[j].lo += rate * row.lo;
            W_hh[j].hi += rate * row.hi;
            W_hh_T[j].lo += rate * column.lo;
            W_hh_T[j].hi += rate * column.hi;
        }
        Hidden first = {SPLAT(0.0), SPLAT(0.0)}, second = first, out = first;
        for (int t = 0; t < T; t++) {
            first.lo += x[t][0] * delta[t].lo;
            first.hi += x[t][0] * delta[t].hi;
            second.lo += x[t][1] * delta[t].lo;
            second.hi += x[t][1] * delta[t].hi;
            out.lo += output_delta[t] * h[t + 1].lo;
            out.hi += output_delta[t] * h[t + 1].hi;
        }
        W_xh[0].lo += rate * first.lo;
        W_xh[0].hi += rate * first.hi;
        W_xh[1].lo += rate * second.lo;
        W_xh[1].hi += rate * second.hi;
        W_hy.lo += rate * out.lo;
        W_hy.hi += rate * out.hi;
    }
    memcpy(parameters, W_xh, sizeof W_xh);
    memcpy(parameters + 2 * H, &W_hy, sizeof W_hy);
    memcpy(parameters + 3 * H, W_hh, sizeof W_hh);
}
