/// Operations on sequences of frames, (frames, 1, 1, channels).
extension GraphBuilder {
    /// One direction of an LSTM, with `torch.nn.LSTM`'s names and first values.
    ///
    /// - Parameter bptt: frames after which the gradient through time is cut; nil for the whole clip.
    public mutating func lstm(
        _ x: Graph.Value, name: String, hidden: Int, backward: Bool, bptt: Int? = nil
    ) -> Graph.Value {
        var to = shape(of: x)
        precondition(to.height * to.width == 1, "\(name) runs over frames, not maps")
        let suffix = backward ? "_l0_reverse" : "_l0"
        let operation = LSTM(
            inputWeight: name + ".weight_ih" + suffix, hiddenWeight: name + ".weight_hh" + suffix,
            inputBias: name + ".bias_ih" + suffix, hiddenBias: name + ".bias_hh" + suffix,
            hidden: hidden, backward: backward, bptt: bptt)
        let initialiser = Parameter.Initialiser.uniform(bound: 1 / Float(hidden).squareRoot())
        for (tensor, shape) in [
            (operation.inputWeight, [4 * hidden, to.channels]),
            (operation.hiddenWeight, [4 * hidden, hidden]), (operation.inputBias, [4 * hidden]),
            (operation.hiddenBias, [4 * hidden]),
        ] {
            declare(tensor, shape, .trainable(decays: true), initialiser)
        }
        to.channels = hidden
        return append(name + (backward ? ".backward" : ".forward"), .lstm(operation), [x], to)
    }

    public mutating func layerNorm(_ x: Graph.Value, name: String) -> Graph.Value {
        let shape = shape(of: x)
        let operation = LayerNorm(scale: name + ".weight", shift: name + ".bias")
        declare(operation.scale, [shape.channels], .trainable(decays: false), .constant(1))
        declare(operation.shift, [shape.channels], .trainable(decays: false), .constant(0))
        return append(name, .layerNorm(operation), [x], shape)
    }

    /// Adds sine and cosine of each frame's number, at one rate for each pair of channels.
    public mutating func positions(_ x: Graph.Value, name: String) -> Graph.Value {
        let shape = shape(of: x)
        precondition(shape.height * shape.width == 1, "\(name) are of frames, not maps")
        return append(name, .positions, [x], shape)
    }

    /// - Parameter x: queries, keys and values side by side, (frames, 1, 1, 3 channels).
    public mutating func attention(_ x: Graph.Value, name: String, heads: Int) -> Graph.Value {
        var to = shape(of: x)
        precondition(to.height * to.width == 1, "\(name) is between frames, not maps")
        precondition(to.channels % (3 * heads) == 0, "\(name) needs heads of equal width")
        to.channels /= 3
        return append(name, .attention(Attention(heads: heads)), [x], to)
    }
}
