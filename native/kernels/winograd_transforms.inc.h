// The transforms of Winograd's minimal filtering F(4x4, 3x3) with the points 0, 1, -1, 2, -2 and infinity (Lavin and Gray, "Fast
// Algorithms for Convolutional Neural Networks", 2016, section 4). Included once per instruction set, after simd.inc.h.
//
// Each works along one direction, on vectors of channels; both_ways applies it to the columns and then to the rows of a square.
// "Spread" goes to the six places of the transformed domain, "gather" back from them. Gathering is the transpose of spreading,
// so the gradients need no other matrices.

// B': six pixels of a window.
static inline void spread_window(const vf (&d)[6], vf (&to)[6]) {
  const vf even = d[4] - 4.0f * d[2], odd = d[3] - 4.0f * d[1];
  const vf far = d[4] - d[2], near = 2.0f * (d[3] - d[1]);
  to[0] = 4.0f * d[0] + (d[4] - 5.0f * d[2]);
  to[1] = even + odd;
  to[2] = even - odd;
  to[3] = far + near;
  to[4] = far - near;
  to[5] = 4.0f * d[1] + (d[5] - 5.0f * d[3]);
}

// G: three taps of a filter.
static inline void spread_filter(const vf (&g)[3], vf (&to)[6]) {
  const vf ends = (-1.0f / 6) * (g[0] + g[2]), middle = (-1.0f / 6) * g[1];
  const vf wide = (1.0f / 24) * g[0] + (1.0f / 6) * g[2], half = (1.0f / 12) * g[1];
  to[0] = 0.25f * g[0];
  to[1] = ends + middle;
  to[2] = ends - middle;
  to[3] = wide + half;
  to[4] = wide - half;
  to[5] = g[2];
}

// G': three taps of a filter's gradient.
static inline void gather_filter(const vf (&u)[6], vf (&to)[3]) {
  const vf sum = (-1.0f / 6) * (u[1] + u[2]), difference = (-1.0f / 6) * (u[1] - u[2]);
  const vf wide = u[3] + u[4], half = u[3] - u[4];
  to[0] = 0.25f * u[0] + sum + (1.0f / 24) * wide;
  to[1] = difference + (1.0f / 12) * half;
  to[2] = sum + (1.0f / 6) * wide + u[5];
}

// A: four pixels of the output's gradient.
static inline void spread_tile(const vf (&d)[4], vf (&to)[6]) {
  const vf even = d[0] + d[2], odd = d[1] + d[3];
  const vf wide = d[0] + 4.0f * d[2], far = 2.0f * d[1] + 8.0f * d[3];
  to[0] = d[0];
  to[1] = even + odd;
  to[2] = even - odd;
  to[3] = wide + far;
  to[4] = wide - far;
  to[5] = d[3];
}

// A': four pixels of the output.
static inline void gather_tile(const vf (&m)[6], vf (&to)[4]) {
  const vf sum = m[1] + m[2], difference = m[1] - m[2];
  const vf wide = m[3] + m[4], far = m[3] - m[4];
  to[0] = m[0] + sum + wide;
  to[1] = difference + 2.0f * far;
  to[2] = sum + 4.0f * wide;
  to[3] = difference + 8.0f * far + m[5];
}

template <int From, int To, void (*Transform)(const vf (&)[From], vf (&)[To])>
static inline void both_ways(const vf (&from)[From][From], vf (&to)[To][To]) {
  vf between[To][From];
#pragma GCC unroll 6
  for (int column = 0; column < From; ++column) {
    vf in[From], out[To];
#pragma GCC unroll 6
    for (int i = 0; i < From; ++i) in[i] = from[i][column];
    Transform(in, out);
#pragma GCC unroll 6
    for (int i = 0; i < To; ++i) between[i][column] = out[i];
  }
#pragma GCC unroll 6
  for (int row = 0; row < To; ++row) Transform(between[row], to[row]);
}
