/* The elementwise chain as one loop on all threads: what it costs without a framework.
 *
 * Prints JSON: least seconds of many for the array, the mean, and the same arithmetic on vectors that stay in the cache.
 */
#include <math.h>
#include <omp.h>
#include <stdio.h>
#include <stdlib.h>

enum { TIMES = 15, BLOCK = 2048 };

static inline float chain(float x, float z) {
    return tanhf(x) / (1.0f + expf(-z)) + expf(-x * x) * z / (1.0f + fabsf(x));
}

static void fill(float *a, long n, unsigned seed) {
    for (long i = 0; i < n; i++) {
        seed = seed * 1664525u + 1013904223u;
        a[i] = (float)(seed >> 8) / 2097152.0f - 4.0f;
    }
}

static void array(const float *x, const float *z, float *y, long n) {
#pragma omp parallel for simd schedule(static)
    for (long i = 0; i < n; i++) y[i] = chain(x[i], z[i]);
}

static double mean(const float *x, const float *z, long n) {
    double total = 0;
#pragma omp parallel for reduction(+ : total) schedule(static)
    for (long b = 0; b < n; b += BLOCK) {
        float sum = 0;
#pragma omp simd reduction(+ : sum)
        for (long i = b; i < b + BLOCK; i++) sum += chain(x[i], z[i]);
        total += sum;
    }
    return total / n;
}

static void cached(const float *x, const float *z, long n) {
#pragma omp parallel
    {
        float y[BLOCK];
        long rounds = n / BLOCK / omp_get_num_threads();
        for (long r = 0; r < rounds; r++) {
#pragma omp simd
            for (long i = 0; i < BLOCK; i++) y[i] = chain(x[i], z[i]);
            __asm__ volatile("" : : "r"(y) : "memory"); /* each round is done */
        }
    }
}

int main(int count, char **words) {
    long n = count > 1 ? atol(words[1]) / BLOCK * BLOCK : 1 << 24;
    float *x = aligned_alloc(64, n * 4), *z = aligned_alloc(64, n * 4), *y = aligned_alloc(64, n * 4);
    if (!x || !z || !y) return 1;
    fill(x, n, 1);
    fill(z, n, 2);
    fill(y, n, 3);
    double least[3] = {1e9, 1e9, 1e9}, sink = 0;
    for (int k = 0; k < TIMES; k++) {
        double t[4];
        t[0] = omp_get_wtime();
        array(x, z, y, n);
        t[1] = omp_get_wtime();
        sink += mean(x, z, n);
        t[2] = omp_get_wtime();
        cached(x, z, n);
        t[3] = omp_get_wtime();
        for (int i = 0; i < 3; i++)
            if (t[i + 1] - t[i] < least[i]) least[i] = t[i + 1] - t[i];
    }
    if (sink != sink) return 1;
    printf("{\"W3array\": %.6f, \"W3mean\": %.6f, \"cached\": %.6f}\n", least[0], least[1], least[2]);
    return 0;
}
