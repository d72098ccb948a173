graph @step(
  %x: f32[batch, 64]  @ "train.py":3:5,
  %y: i64[batch]      @ "train.py":3:5,
) state(
  %w: f32[64, 10] = "dense/kernel"  @ "train.py":3:5,
) {
  %0: f32[batch, 10] = matmul(%x, %w) {transpose_a = false, transpose_b = false}  @ "train.py":12:5 in "dense"
  %1: f32[batch, 10] = mul(%0, %0)                                                @ "train.py":13:12 in "dense/norm"
  %loss: f32[] = reduce_sum(%1) {axes = (0, 1), keepdims = false}                 @ "train.py":13:12 in "dense/norm"
  %2: f32[20] = constant() {value = f32[20] base64"AAAAAAAAgD8AAABAAABAQAAAgEAAAKBAAADAQAAA4EAAAABBAAAQQQAAIEEAADBBAABAQQAAUEEAAGBBAABwQQAAgEEAAIhBAACQQQAAmEE="}  @ "train.py":20:1
  %3: f32[] = reduce_sum(%2) {axes = (0,), keepdims = false}                      @ "train.py":20:1
  %4: f32[] = constant() {value = f32[] 0.5}                                      @ "train.py":20:1
  %5: f32[] = mul(%3, %4)                                                         @ "train.py":20:1
  %w.new: f32[64, 10] = add(%w, %5)                                               @ "train.py":20:1
  return %loss, %w <- %w.new
}
