graph @session(
  %letters: f32[letters_0, 1, 26]  @ "static.py":10:11,
  %language: i64[1]                @ "static.py":11:12,
) state(
  %rnn/gru_cell/gates/kernel: f32[58, 64] = "rnn/gru_cell/gates/kernel"                    @ "static.py":15:12 in "rnn/gru_cell/gates",
  %rnn/gru_cell/gates/bias: f32[64] = "rnn/gru_cell/gates/bias"                            @ "static.py":15:12 in "rnn/gru_cell/gates",
  %rnn/gru_cell/candidate/kernel: f32[58, 32] = "rnn/gru_cell/candidate/kernel"            @ "static.py":15:12 in "rnn/gru_cell/candidate",
  %rnn/gru_cell/candidate/bias: f32[32] = "rnn/gru_cell/candidate/bias"                    @ "static.py":15:12 in "rnn/gru_cell/candidate",
  %kernel: f32[32, 4] = "kernel"                                                           @ "static.py":16:10,
  %bias: f32[4] = "bias"                                                                   @ "static.py":17:8,
  %rnn/gru_cell/gates/kernel/Momentum: f32[58, 64] = "rnn/gru_cell/gates/kernel/Momentum"  @ "static.py":23:9 in "rnn/gru_cell/gates/kernel",
  %rnn/gru_cell/gates/bias/Momentum: f32[64] = "rnn/gru_cell/gates/bias/Momentum"          @ "static.py":23:9 in "rnn/gru_cell/gates/bias",
  %rnn/gru_cell/candidate/kernel/Momentum: f32[58, 32] = "rnn/gru_cell/candidate/kernel/Momentum"  @ "static.py":23:9 in "rnn/gru_cell/candidate/kernel",
  %rnn/gru_cell/candidate/bias/Momentum: f32[32] = "rnn/gru_cell/candidate/bias/Momentum"  @ "static.py":23:9 in "rnn/gru_cell/candidate/bias",
  %kernel/Momentum: f32[32, 4] = "kernel/Momentum"                                         @ "static.py":23:9 in "kernel",
  %bias/Momentum: f32[4] = "bias/Momentum"                                                 @ "static.py":23:9 in "bias",
) {
  %0: f32[1, 32] = full() {dtype = f32, shape = (1, 32), value = 0}                   @ "static.py":15:12 in "rnn"
  %1: f32[1, 32], %2: f32[letters_0, 1, 32], %3: f32[letters_0, 1, 32], %4: f32[letters_0, 1, 32], %5: f32[letters_0, 1, 64], %6: f32[letters_0, 1, 58], %7: f32[letters_0, 1, 58] = scan(%0, %letters, %rnn/gru_cell/gates/kernel, %rnn/gru_cell/gates/bias, %rnn/gru_cell/candidate/kernel, %rnn/gru_cell/candidate/bias) {carries = 1, length = letters_0, reverse = false, sequences = 1}  @ "static.py":15:12 in "rnn/while" {
    graph @body(
      %0: f32[1, 32]                               @ "static.py":15:12 in "rnn/while",
      %letters: f32[1, 26]                         @ "static.py":15:12 in "rnn/while",
      %rnn/gru_cell/gates/kernel: f32[58, 64]      @ "static.py":15:12 in "rnn/gru_cell/gates",
      %rnn/gru_cell/gates/bias: f32[64]            @ "static.py":15:12 in "rnn/gru_cell/gates",
      %rnn/gru_cell/candidate/kernel: f32[58, 32]  @ "static.py":15:12 in "rnn/gru_cell/candidate",
      %rnn/gru_cell/candidate/bias: f32[32]        @ "static.py":15:12 in "rnn/gru_cell/candidate",
    ) {
      %1: f32[1, 58] = concatenate(%letters, %0) {axis = 1}                              @ "static.py":15:12 in "rnn/while/gru_cell"
      %2: f32[1, 64] = matmul(%1, %rnn/gru_cell/gates/kernel) {transpose_a = false, transpose_b = false}  @ "static.py":15:12 in "rnn/while/gru_cell"
      %3: f32[1, 64] = add(%2, %rnn/gru_cell/gates/bias)                                 @ "static.py":15:12 in "rnn/while/gru_cell"
      %4: f32[1, 64] = sigmoid(%3)                                                       @ "static.py":15:12 in "rnn/while/gru_cell"
      %5: f32[1, 32] = slice(%4) {limits = (1, 64), starts = (0, 32), strides = (1, 1)}  @ "static.py":15:12 in "rnn/while/gru_cell"
      %6: f32[1, 32] = mul(%5, %0)                                                       @ "static.py":15:12 in "rnn/while/gru_cell"
      %7: f32[] = constant() {value = f32[] 1.0}                                         @ "static.py":15:12 in "rnn/while/gru_cell/Sub"
      %8: f32[1, 32] = sub(%7, %5)                                                       @ "static.py":15:12 in "rnn/while/gru_cell"
      %9: f32[1, 32] = slice(%4) {limits = (1, 32), starts = (0, 0), strides = (1, 1)}   @ "static.py":15:12 in "rnn/while/gru_cell"
      %10: f32[1, 32] = mul(%9, %0)                                                      @ "static.py":15:12 in "rnn/while/gru_cell"
      %11: f32[1, 58] = concatenate(%letters, %10) {axis = 1}                            @ "static.py":15:12 in "rnn/while/gru_cell"
      %12: f32[1, 32] = matmul(%11, %rnn/gru_cell/candidate/kernel) {transpose_a = false, transpose_b = false}  @ "static.py":15:12 in "rnn/while/gru_cell"
      %13: f32[1, 32] = add(%12, %rnn/gru_cell/candidate/bias)                           @ "static.py":15:12 in "rnn/while/gru_cell"
      %14: f32[1, 32] = tanh(%13)                                                        @ "static.py":15:12 in "rnn/while/gru_cell"
      %15: f32[1, 32] = mul(%8, %14)                                                     @ "static.py":15:12 in "rnn/while/gru_cell"
      %16: f32[1, 32] = add(%6, %15)                                                     @ "static.py":15:12 in "rnn/while/gru_cell"
      return %16, %8, %14, %0, %4, %1, %11
    }
  }
  %8: f32[1, 4] = matmul(%1, %kernel) {transpose_a = false, transpose_b = false}      @ "static.py":18:10
  %9: f32[1, 4] = add(%8, %bias)                                                      @ "static.py":18:10
  %10: f32[1, 1] = reduce_max(%9) {axes = (1,), keepdims = true}                      @ "static.py":21:5
  %11: f32[1, 1] = stop_gradient(%10)                                                 @ "static.py":21:5
  %12: f32[1, 4] = sub(%9, %11)                                                       @ "static.py":21:5
  %13: f32[1, 4] = exp(%12)                                                           @ "static.py":21:5
  %14: f32[1, 1] = reduce_sum(%13) {axes = (1,), keepdims = true}                     @ "static.py":21:5
  %15: f32[1, 1] = log(%14)                                                           @ "static.py":21:5
  %16: f32[1, 4] = sub(%12, %15)                                                      @ "static.py":21:5
  %17: i64[1, 1] = reshape(%language) {shape = (1, 1)}                                @ "static.py":21:5
  %18: f32[1, 1] = take_along(%16, %17) {axis = 1}                                    @ "static.py":21:5
  %19: f32[1] = reshape(%18) {shape = (1,)}                                           @ "static.py":21:5
  %20: f32[1] = neg(%19)                                                              @ "static.py":21:5
  %21: f32[] = reduce_sum(%20) {axes = (0,), keepdims = false}                        @ "static.py":20:8
  %22: f32[] = constant() {value = f32[] 1.0}                                         @ "static.py":20:8
  %23: f32[] = div(%21, %22)                                                          @ "static.py":20:8
  %24: f32[] = constant() {value = f32[] 0.9}                                         @ "static.py":23:9 in "Momentum/update_rnn/gru_cell/gates/kernel"
  %25: f32[58, 64] = mul(%rnn/gru_cell/gates/kernel/Momentum, %24)                    @ "static.py":23:9 in "Momentum/update_rnn/gru_cell/gates/kernel"
  %26: f32[58, 64] = full() {dtype = f32, shape = (58, 64), value = -0.0}             @ "static.py":15:12 in "rnn/while"
  %27: f32[64] = full() {dtype = f32, shape = (64,), value = -0.0}                    @ "static.py":15:12 in "rnn/while"
  %28: f32[58, 32] = full() {dtype = f32, shape = (58, 32), value = -0.0}             @ "static.py":15:12 in "rnn/while"
  %29: f32[32] = full() {dtype = f32, shape = (32,), value = -0.0}                    @ "static.py":15:12 in "rnn/while"
  %30: f32[] = constant() {value = f32[] 0.0}                                         @ "static.py":21:5
  %31: f32[1, 4] = broadcast_to(%30) {shape = (1, 4)}                                 @ "static.py":21:5
  %32: f32[] = constant() {value = f32[] 1.0}                                         @ "static.py":23:9 in "gradients"
  %33: f32[] = div(%32, %22)                                                          @ "static.py":20:8
  %34: f32[1] = reshape(%33) {shape = (1,)}                                           @ "static.py":20:8
  %35: f32[1] = neg(%34)                                                              @ "static.py":21:5
  %36: f32[1, 1] = reshape(%35) {shape = (1, 1)}                                      @ "static.py":21:5
  %37: f32[1, 4] = scatter_add_along(%31, %17, %36) {axis = 1}                        @ "static.py":21:5
  %38: f32[1, 4] = neg(%37)                                                           @ "static.py":21:5
  %39: f32[1] = reduce_sum(%38) {axes = (1,), keepdims = false}                       @ "static.py":21:5
  %40: f32[1, 1] = reshape(%39) {shape = (1, 1)}                                      @ "static.py":21:5
  %41: f32[1, 1] = div(%40, %14)                                                      @ "static.py":21:5
  %42: f32[1, 4] = broadcast_to(%41) {shape = (1, 4)}                                 @ "static.py":21:5
  %43: f32[1, 4] = mul(%42, %13)                                                      @ "static.py":21:5
  %44: f32[1, 4] = add(%37, %43)                                                      @ "static.py":21:5
  %45: f32[1, 32] = matmul(%44, %kernel) {transpose_a = false, transpose_b = true}    @ "static.py":18:10
  %46: f32[58, 64], %47: f32[64], %48: f32[58, 32], %49: f32[32], %50: f32[1, 32] = scan(%26, %27, %28, %29, %45, %2, %3, %4, %5, %6, %7, %rnn/gru_cell/candidate/kernel, %rnn/gru_cell/gates/kernel) {carries = 5, length = letters_0, reverse = true, sequences = 6}  @ "static.py":15:12 in "rnn/while" {
    graph @backward(
      %total: f32[58, 64]                          @ "static.py":32:28,
      %total.1: f32[64]                            @ "static.py":32:28,
      %total.2: f32[58, 32]                        @ "static.py":32:28,
      %total.3: f32[32]                            @ "static.py":32:28,
      %0: f32[1, 32]                               @ "static.py":32:28,
      %1: f32[1, 32]                               @ "static.py":15:12 in "rnn/while/gru_cell",
      %2: f32[1, 32]                               @ "static.py":15:12 in "rnn/while/gru_cell",
      %3: f32[1, 32]                               @ "static.py":15:12 in "rnn/while",
      %4: f32[1, 64]                               @ "static.py":15:12 in "rnn/while/gru_cell",
      %5: f32[1, 58]                               @ "static.py":15:12 in "rnn/while/gru_cell",
      %6: f32[1, 58]                               @ "static.py":15:12 in "rnn/while/gru_cell",
      %rnn/gru_cell/candidate/kernel: f32[58, 32]  @ "static.py":15:12 in "rnn/gru_cell/candidate",
      %rnn/gru_cell/gates/kernel: f32[58, 64]      @ "static.py":15:12 in "rnn/gru_cell/gates",
    ) {
      %7: f32[1, 32] = mul(%0, %1)                                                         @ "static.py":15:12 in "rnn/while/gru_cell"
      %8: f32[] = constant() {value = f32[] 1.0}                                           @ "static.py":15:12 in "rnn/while/gru_cell"
      %9: f32[1, 32] = mul(%2, %2)                                                         @ "static.py":15:12 in "rnn/while/gru_cell"
      %10: f32[1, 32] = sub(%8, %9)                                                        @ "static.py":15:12 in "rnn/while/gru_cell"
      %11: f32[1, 32] = mul(%7, %10)                                                       @ "static.py":15:12 in "rnn/while/gru_cell"
      %12: f32[1, 58] = matmul(%11, %rnn/gru_cell/candidate/kernel) {transpose_a = false, transpose_b = true}  @ "static.py":15:12 in "rnn/while/gru_cell"
      %13: f32[1, 32] = slice(%12) {limits = (1, 58), starts = (0, 26), strides = (1, 1)}  @ "static.py":15:12 in "rnn/while/gru_cell"
      %14: f32[1, 32] = mul(%13, %3)                                                       @ "static.py":15:12 in "rnn/while/gru_cell"
      %15: f32[1, 64] = pad(%14) {padding = ((0, 0), (0, 32)), value = 0}                  @ "static.py":15:12 in "rnn/while/gru_cell"
      %16: f32[1, 32] = mul(%0, %2)                                                        @ "static.py":15:12 in "rnn/while/gru_cell"
      %17: f32[1, 32] = neg(%16)                                                           @ "static.py":15:12 in "rnn/while/gru_cell"
      %18: f32[1, 32] = mul(%0, %3)                                                        @ "static.py":15:12 in "rnn/while/gru_cell"
      %19: f32[1, 32] = add(%17, %18)                                                      @ "static.py":15:12 in "rnn/while/gru_cell"
      %20: f32[1, 64] = pad(%19) {padding = ((0, 0), (32, 0)), value = 0}                  @ "static.py":15:12 in "rnn/while/gru_cell"
      %21: f32[1, 64] = add(%15, %20)                                                      @ "static.py":15:12 in "rnn/while/gru_cell"
      %22: f32[] = constant() {value = f32[] 1.0}                                          @ "static.py":15:12 in "rnn/while/gru_cell"
      %23: f32[1, 64] = sub(%22, %4)                                                       @ "static.py":15:12 in "rnn/while/gru_cell"
      %24: f32[1, 64] = mul(%4, %23)                                                       @ "static.py":15:12 in "rnn/while/gru_cell"
      %25: f32[1, 64] = mul(%21, %24)                                                      @ "static.py":15:12 in "rnn/while/gru_cell"
      %26: f32[58, 64] = matmul(%5, %25) {transpose_a = true, transpose_b = false}         @ "static.py":15:12 in "rnn/while/gru_cell"
      %27: f32[58, 64] = add(%total, %26)                                                  @ "static.py":15:12 in "rnn/while/gru_cell"
      %28: f32[64] = reduce_sum(%25) {axes = (0,), keepdims = false}                       @ "static.py":15:12 in "rnn/while/gru_cell"
      %29: f32[64] = add(%total.1, %28)                                                    @ "static.py":15:12 in "rnn/while/gru_cell"
      %30: f32[58, 32] = matmul(%6, %11) {transpose_a = true, transpose_b = false}         @ "static.py":15:12 in "rnn/while/gru_cell"
      %31: f32[58, 32] = add(%total.2, %30)                                                @ "static.py":15:12 in "rnn/while/gru_cell"
      %32: f32[32] = reduce_sum(%11) {axes = (0,), keepdims = false}                       @ "static.py":15:12 in "rnn/while/gru_cell"
      %33: f32[32] = add(%total.3, %32)                                                    @ "static.py":15:12 in "rnn/while/gru_cell"
      %34: f32[1, 32] = slice(%4) {limits = (1, 32), starts = (0, 0), strides = (1, 1)}    @ "static.py":15:12 in "rnn/while/gru_cell"
      %35: f32[1, 32] = mul(%13, %34)                                                      @ "static.py":15:12 in "rnn/while/gru_cell"
      %36: f32[1, 32] = slice(%4) {limits = (1, 64), starts = (0, 32), strides = (1, 1)}   @ "static.py":15:12 in "rnn/while/gru_cell"
      %37: f32[1, 32] = mul(%0, %36)                                                       @ "static.py":15:12 in "rnn/while/gru_cell"
      %38: f32[1, 32] = add(%35, %37)                                                      @ "static.py":15:12 in "rnn/while/gru_cell"
      %39: f32[1, 58] = matmul(%25, %rnn/gru_cell/gates/kernel) {transpose_a = false, transpose_b = true}  @ "static.py":15:12 in "rnn/while/gru_cell"
      %40: f32[1, 32] = slice(%39) {limits = (1, 58), starts = (0, 26), strides = (1, 1)}  @ "static.py":15:12 in "rnn/while/gru_cell"
      %41: f32[1, 32] = add(%38, %40)                                                      @ "static.py":15:12 in "rnn/while/gru_cell"
      return %27, %29, %31, %33, %41
    }
  }
  %rnn/gru_cell/gates/kernel/Momentum.new: f32[58, 64] = add(%25, %46)                @ "static.py":23:9 in "Momentum/update_rnn/gru_cell/gates/kernel"
  %51: f32[] = constant() {value = f32[] 0.02}                                        @ "static.py":23:9 in "Momentum/update_rnn/gru_cell/gates/kernel"
  %52: f32[58, 64] = mul(%rnn/gru_cell/gates/kernel/Momentum.new, %51)                @ "static.py":23:9 in "Momentum/update_rnn/gru_cell/gates/kernel"
  %rnn/gru_cell/gates/kernel.new: f32[58, 64] = sub(%rnn/gru_cell/gates/kernel, %52)  @ "static.py":23:9 in "Momentum/update_rnn/gru_cell/gates/kernel"
  %53: f32[] = constant() {value = f32[] 0.9}                                         @ "static.py":23:9 in "Momentum/update_rnn/gru_cell/gates/bias"
  %54: f32[64] = mul(%rnn/gru_cell/gates/bias/Momentum, %53)                          @ "static.py":23:9 in "Momentum/update_rnn/gru_cell/gates/bias"
  %rnn/gru_cell/gates/bias/Momentum.new: f32[64] = add(%54, %47)                      @ "static.py":23:9 in "Momentum/update_rnn/gru_cell/gates/bias"
  %55: f32[] = constant() {value = f32[] 0.02}                                        @ "static.py":23:9 in "Momentum/update_rnn/gru_cell/gates/bias"
  %56: f32[64] = mul(%rnn/gru_cell/gates/bias/Momentum.new, %55)                      @ "static.py":23:9 in "Momentum/update_rnn/gru_cell/gates/bias"
  %rnn/gru_cell/gates/bias.new: f32[64] = sub(%rnn/gru_cell/gates/bias, %56)          @ "static.py":23:9 in "Momentum/update_rnn/gru_cell/gates/bias"
  %57: f32[] = constant() {value = f32[] 0.9}                                         @ "static.py":23:9 in "Momentum/update_rnn/gru_cell/candidate/kernel"
  %58: f32[58, 32] = mul(%rnn/gru_cell/candidate/kernel/Momentum, %57)                @ "static.py":23:9 in "Momentum/update_rnn/gru_cell/candidate/kernel"
  %rnn/gru_cell/candidate/kernel/Momentum.new: f32[58, 32] = add(%58, %48)            @ "static.py":23:9 in "Momentum/update_rnn/gru_cell/candidate/kernel"
  %59: f32[] = constant() {value = f32[] 0.02}                                        @ "static.py":23:9 in "Momentum/update_rnn/gru_cell/candidate/kernel"
  %60: f32[58, 32] = mul(%rnn/gru_cell/candidate/kernel/Momentum.new, %59)            @ "static.py":23:9 in "Momentum/update_rnn/gru_cell/candidate/kernel"
  %rnn/gru_cell/candidate/kernel.new: f32[58, 32] = sub(%rnn/gru_cell/candidate/kernel, %60)  @ "static.py":23:9 in "Momentum/update_rnn/gru_cell/candidate/kernel"
  %61: f32[] = constant() {value = f32[] 0.9}                                         @ "static.py":23:9 in "Momentum/update_rnn/gru_cell/candidate/bias"
  %62: f32[32] = mul(%rnn/gru_cell/candidate/bias/Momentum, %61)                      @ "static.py":23:9 in "Momentum/update_rnn/gru_cell/candidate/bias"
  %rnn/gru_cell/candidate/bias/Momentum.new: f32[32] = add(%62, %49)                  @ "static.py":23:9 in "Momentum/update_rnn/gru_cell/candidate/bias"
  %63: f32[] = constant() {value = f32[] 0.02}                                        @ "static.py":23:9 in "Momentum/update_rnn/gru_cell/candidate/bias"
  %64: f32[32] = mul(%rnn/gru_cell/candidate/bias/Momentum.new, %63)                  @ "static.py":23:9 in "Momentum/update_rnn/gru_cell/candidate/bias"
  %rnn/gru_cell/candidate/bias.new: f32[32] = sub(%rnn/gru_cell/candidate/bias, %64)  @ "static.py":23:9 in "Momentum/update_rnn/gru_cell/candidate/bias"
  %65: f32[] = constant() {value = f32[] 0.9}                                         @ "static.py":23:9 in "Momentum/update_kernel"
  %66: f32[32, 4] = mul(%kernel/Momentum, %65)                                        @ "static.py":23:9 in "Momentum/update_kernel"
  %67: f32[32, 4] = matmul(%1, %44) {transpose_a = true, transpose_b = false}         @ "static.py":18:10
  %kernel/Momentum.new: f32[32, 4] = add(%66, %67)                                    @ "static.py":23:9 in "Momentum/update_kernel"
  %68: f32[] = constant() {value = f32[] 0.02}                                        @ "static.py":23:9 in "Momentum/update_kernel"
  %69: f32[32, 4] = mul(%kernel/Momentum.new, %68)                                    @ "static.py":23:9 in "Momentum/update_kernel"
  %kernel.new: f32[32, 4] = sub(%kernel, %69)                                         @ "static.py":23:9 in "Momentum/update_kernel"
  %70: f32[] = constant() {value = f32[] 0.9}                                         @ "static.py":23:9 in "Momentum/update_bias"
  %71: f32[4] = mul(%bias/Momentum, %70)                                              @ "static.py":23:9 in "Momentum/update_bias"
  %72: f32[4] = reduce_sum(%44) {axes = (0,), keepdims = false}                       @ "static.py":18:10
  %bias/Momentum.new: f32[4] = add(%71, %72)                                          @ "static.py":23:9 in "Momentum/update_bias"
  %73: f32[] = constant() {value = f32[] 0.02}                                        @ "static.py":23:9 in "Momentum/update_bias"
  %74: f32[4] = mul(%bias/Momentum.new, %73)                                          @ "static.py":23:9 in "Momentum/update_bias"
  %bias.new: f32[4] = sub(%bias, %74)                                                 @ "static.py":23:9 in "Momentum/update_bias"
  return %23, %rnn/gru_cell/gates/kernel <- %rnn/gru_cell/gates/kernel.new, %rnn/gru_cell/gates/bias <- %rnn/gru_cell/gates/bias.new, %rnn/gru_cell/candidate/kernel <- %rnn/gru_cell/candidate/kernel.new, %rnn/gru_cell/candidate/bias <- %rnn/gru_cell/candidate/bias.new, %kernel <- %kernel.new, %bias <- %bias.new, %rnn/gru_cell/gates/kernel/Momentum <- %rnn/gru_cell/gates/kernel/Momentum.new, %rnn/gru_cell/gates/bias/Momentum <- %rnn/gru_cell/gates/bias/Momentum.new, %rnn/gru_cell/candidate/kernel/Momentum <- %rnn/gru_cell/candidate/kernel/Momentum.new, %rnn/gru_cell/candidate/bias/Momentum <- %rnn/gru_cell/candidate/bias/Momentum.new, %kernel/Momentum <- %kernel/Momentum.new, %bias/Momentum <- %bias/Momentum.new
}