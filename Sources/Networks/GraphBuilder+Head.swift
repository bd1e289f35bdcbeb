/// What stands between the last feature maps and a loss.
extension GraphBuilder {
    /// Means over windows of all frames and `height` x `width` pixels, at stride 1:
    /// (time, height, width, channel) to (1, places down, places across, channel).
    public mutating func windowAverage(
        _ x: Graph.Value, name: String, height: Int, width: Int
    ) -> Graph.Value {
        var to = shape(of: x)
        precondition(
            (1...to.height).contains(height) && (1...to.width).contains(width),
            "the window of \(name) does not fit its map")
        to.time = 1
        to.height += 1 - height
        to.width += 1 - width
        return append(name, .windowAverage(height: height, width: width), [x], to)
    }

    /// In training, zeros in a random `rate` of the values and the others over 1 - rate; in
    /// evaluation, the values as they are.
    public mutating func dropout(_ x: Graph.Value, name: String, rate: Double) -> Graph.Value {
        precondition((0..<1).contains(rate), "\(name) cannot drop \(rate) of its values")
        return append(name, .dropout(rate: rate), [x], shape(of: x))
    }

    /// Logits at several places of a map, (time, height, width, class), to the logarithm of the
    /// mean over places of their softmax, (1, 1, 1, class). For evaluation alone.
    public mutating func meanProbability(_ x: Graph.Value, name: String) -> Graph.Value {
        var to = shape(of: x)
        (to.time, to.height, to.width) = (1, 1, 1)
        return append(name, .meanProbability, [x], to)
    }
}
