/* The seed's iterations in plain C, written in the simplest way: loops over arrays, without care for registers.
   HIDDEN and POSITIONS come from the command line. */
#include <math.h>
#include <stdint.h>

#define H HIDDEN
#define T POSITIONS

static double sigmoid(double z) { return 1 / (1 + exp(-z)); }

/* parameters: W_xh (2, H), W_hy (H, 1), W_hh (H, H), trained in place over n problems; errors (n,) */
void train(double *parameters, const int64_t *operands, int64_t n, double learning_rate, double *errors) {
    double(*W_xh)[H] = (void *)parameters, *W_hy = parameters + 2 * H, (*W_hh)[H] = (void *)(parameters + 3 * H);
    for (int64_t i = 0; i < n; i++) {
        double x[T][2], states[T + 1][H] = {{0}}, outputs[T], output_deltas[T], deltas[T + 1][H] = {{0}};
        double error = 0;
        int64_t a = operands[2 * i], b = operands[2 * i + 1];
        for (int t = 0; t < T; t++) {
            x[t][0] = a >> t & 1;
            x[t][1] = b >> t & 1;
            double z[H];
            for (int k = 0; k < H; k++) z[k] = x[t][0] * W_xh[0][k] + x[t][1] * W_xh[1][k];
            for (int j = 0; j < H; j++)
                for (int k = 0; k < H; k++) z[k] += states[t][j] * W_hh[j][k];
            for (int k = 0; k < H; k++) states[t + 1][k] = sigmoid(z[k]);
            double logit = 0;
            for (int k = 0; k < H; k++) logit += states[t + 1][k] * W_hy[k];
            outputs[t] = sigmoid(logit);
            double missing = ((a + b) >> t & 1) - outputs[t];
            output_deltas[t] = missing * outputs[t] * (1 - outputs[t]);
            error += fabs(missing);
        }
        for (int t = T - 1; t >= 0; t--)
            for (int j = 0; j < H; j++) {
                double g = output_deltas[t] * W_hy[j];
                for (int k = 0; k < H; k++) g += W_hh[j][k] * deltas[t + 1][k];
                deltas[t][j] = g * states[t + 1][j] * (1 - states[t + 1][j]);
            }
        for (int t = 0; t < T; t++) {
            for (int k = 0; k < H; k++) W_hy[k] += learning_rate * output_deltas[t] * states[t + 1][k];
            for (int j = 0; j < H; j++)
                for (int k = 0; k < H; k++) W_hh[j][k] += learning_rate * states[t][j] * deltas[t][k];
            for (int j = 0; j < 2; j++)
                for (int k = 0; k < H; k++) W_xh[j][k] += learning_rate * x[t][j] * deltas[t][k];
        }
        errors[i] = error;
    }
}
