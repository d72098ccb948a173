profile of <time>
 <time> in 3 runs of 1 program
 <time> compiling the code with clocks
 <time> in Python, and in what is not timed
  the machine, 2 threads: 100 GFLOP/s (f32), 50 (f64), 20.0 GB/s

  0: matmul  step (numpy)  3 <time> <share> rates  net.py:7
  1: add  step (numpy)  3 <time> <share> rates  net.py:7
  2: tanh  step (numpy)  3 <time> <share> rates  net.py:8
  3: reshape  step (numpy)  3 <time> <share> rates  net.py:9
  4: conv  step (numpy)  3 <time> <share> rates  net.py:9
  5: reduce_sum  step (numpy)  3 <time> <share> rates  net.py:10
  6: reduce_sum  step (numpy)  3 <time> <share> rates  net.py:11
  7: sub  step (numpy)  3 <time> <share> rates  net.py:12
  kernel  of  calls  time  %  GFLOP/s  GB/s  FLOP/B  of roof  lines
kernels

  line  time  %  operations  source
  net.py:10 <time> <share>  reduce_sum
  net.py:11 <time> <share>  reduce_sum
  net.py:12 <time> <share>  sub
  net.py:7 <time> <share>  matmul add
  net.py:8 <time> <share>  tanh
  net.py:9 <time> <share>  conv reshape
  test_profile.py:<line> <time> <share>  between kernels  return bf.profile(bf.compile(bf.parse(STEP), backend), *array...
lines

rates are those of the median call; arithmetic and bytes are counted from sizes
