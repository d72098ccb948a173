"""A step with a product, a convolution that no kernel computes, a state that changes and one that does not."""

from __future__ import annotations

STEP = """\
graph @step(%x: f32[batch, 64] @ "net.py":3:1, %k: f32[2, 2, 1, 1, 1]) state(%w: f32[64, 8] = "w", %b: f32[8] = "b") {
  %0: f32[batch, 8] = matmul(%x, %w) {transpose_a = false, transpose_b = false} @ "net.py":7:5
  %1: f32[batch, 8] = add(%0, %b) @ "net.py":7:5
  %h: f32[batch, 8] = tanh(%1) @ "net.py":8:5
  %c: f32[batch, 2, 1, 2, 2] = reshape(%h) {shape = (batch, 2, 1, 2, 2)} @ "net.py":9:5
  %2: f32[batch, 2, 1, 2, 2] = conv(%c, %k) {
    dilation = (1, 1, 1), groups = 1, padding = ((0, 0), (0, 0), (0, 0)), strides = (1, 1, 1)
  } @ "net.py":9:5
  %loss: f32[] = reduce_sum(%2) {axes = (0, 1, 2, 3, 4), keepdims = false} @ "net.py":10:5
  %g: f32[8] = reduce_sum(%h) {axes = (0,), keepdims = false} @ "net.py":11:5
  %3: f32[8] = sub(%b, %g) @ "net.py":12:5
  return %loss, %w <- %w, %b <- %3
}"""
