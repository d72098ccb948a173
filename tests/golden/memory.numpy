memory of step on numpy
  alive at the worst moment: 64*batch+4 or 32*batch+36 bytes (step 5: reduce_sum, step 6: reduce_sum)
  buffers of the run: 64*batch+36 bytes
  without reuse: 128*batch+68 bytes
  given: 256*batch+2096 bytes of inputs, states and constants
  buffer     role           bytes  offset  steps  lifetime   made by          line
  %x         input      256*batch              0  █········                   net.py:3
  %k         input             16              4  ····█····
  w          state          2,048            0-8  █████████
  b          state             32            1-7  ·███████·
  %0 %1 %h   temporary   32*batch            0-6  ███████··  matmul add tanh  net.py:7
  %2         temporary   32*batch            4-5  ····██···  conv             net.py:9
  %loss      result             4            5-8  ·····████  reduce_sum       net.py:10
  %g %b.new  result            32            6-8  ······███  reduce_sum sub   net.py:11

memory of step on numpy where batch = 4
  alive at the worst moment: 260 bytes (step 5: reduce_sum)
  buffers of the run: 292 bytes
  without reuse: 580 bytes
  given: 3,120 bytes of inputs, states and constants
  buffer     role       bytes  offset  steps  lifetime   made by          line
  %x         input      1,024              0  █········                   net.py:3
  %k         input         16              4  ····█····
  w          state      2,048            0-8  █████████
  b          state         32            1-7  ·███████·
  %0 %1 %h   temporary    128            0-6  ███████··  matmul add tanh  net.py:7
  %2         temporary    128            4-5  ····██···  conv             net.py:9
  %loss      result         4            5-8  ·····████  reduce_sum       net.py:10
  %g %b.new  result        32            6-8  ······███  reduce_sum sub   net.py:11
