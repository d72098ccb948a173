graph @outer(%p: bool[], %x: f32[n, 3]) {
  %0: f32[n, 3] = neg(%x)                        @ "train.py":3:5
  %y: f32[n, 3], %1: f32[n, 3] = choose(%p, %0)  @ "train.py":4:5 in "branch" {
    graph @"if true"(%a: f32[n, 3]) {
      %0: f32[n, 3] = sin(%a)  @ "train.py":5:9
      return %0, %a
    }
    graph @otherwise(%a: f32[n, 3]) {
      %b: f32[n, 3], %c: f32[n, 3] = choose(%a) {
        graph @inner(%x: f32[n, 3]) {
          return %x, %x
        }
        graph @inner(%x: f32[n, 3]) {
          %0: f32[n, 3] = exp(%x)
          return %x, %0
        }
      }
      return %b, %c
    }
  }
  return %y, %1
}
