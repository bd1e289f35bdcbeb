import Networks

/// A slow and obvious evaluator of graphs in double precision, channels-last, for comparison.
struct ReferenceNetwork {
    let graph: Graph
    let tree: ParameterTree
    /// Trainable tensors, laid out as in the tree.
    var parameters: [Double]
    /// Running statistics, laid out as in the tree.
    var running: [Double]
    let clips: Int
    let training: Bool
    var labelSmoothing = 0.0

    /// A value of the whole batch: (images, height, width, channels) with images = clips * time.
    struct Value {
        var shape: FeatureShape
        var values: [Double]
    }

    struct Outcome {
        var loss = 0.0
        /// (heads, clips, classes)
        var logits: [Double] = []
        /// Batch mean and unbiased variance, laid out as the running statistics.
        var statistics: [Double] = []
    }

    func tensor(_ name: String) -> ArraySlice<Double> {
        guard let parameter = tree[name] else { preconditionFailure("no tensor \(name)") }
        return parameters[parameter.range]
    }

    func run(_ input: [Double], labels: [Int]) -> Outcome {
        var outcome = Outcome()
        outcome.statistics = Array(repeating: 0, count: tree.statisticsExtent)
        var values: [Value] = []
        for node in graph.nodes {
            let inputs = node.inputs.map { values[$0.index] }
            var result = Value(
                shape: node.shape, values: Array(repeating: 0, count: clips * node.shape.count))
            switch node.operation {
            case .input: result.values = input
            case .relu: result.values = inputs[0].values.map { max($0, 0) }
            case .add:
                result.values = zip(inputs[0].values, inputs[1].values).map { $0 + $1 }
            case .convolution(let own): convolve(inputs[0], own, &result)
            case .batchNorm(let own): normalise(inputs[0], own, &result, &outcome.statistics)
            case .linear(let own): multiply(inputs[0], own, &result)
            case .convLSTM(let own): recur(inputs[0], own, &result)
            case .lstm(let own): recur(inputs[0], own, &result)
            case .layerNorm(let own): normalise(inputs[0], own, &result)
            case .positions: addPositions(inputs[0], &result)
            case .attention(let own): attend(inputs[0], own, &result)
            case .windowAverage(let height, let width):
                average(inputs[0], (height, width), &result)
            case .dropout(let rate): drop(inputs[0], rate, name: node.name, &result)
            case .meanProbability: meanProbability(inputs[0], &result)
            default: rearrange(inputs, node.operation, &result)
            }
            values.append(result)
        }
        for head in graph.heads { score(values[head.logits.index], head, labels, &outcome) }
        if graph.ensemble != 0 { scoreEnsemble(labels, &outcome) }
        return outcome
    }

    private func weight(_ source: WeightSource) -> [Double] {
        switch source {
        case .tensor(let name): return Array(tensor(name))
        case .mixture(let coefficients, let templates):
            var sum: [Double]?
            for (share, name) in zip(tensor(coefficients), templates) {
                let term = tensor(name).map { share * $0 }
                sum = sum.map { zip($0, term).map(+) } ?? term
            }
            return sum ?? []
        }
    }

    private func convolve(_ x: Value, _ own: Convolution, _ y: inout Value) {
        let w = weight(own.weight)
        let (from, to, k) = (x.shape, y.shape, own.kernel)
        for clip in 0..<clips {
            for ot in 0..<to.time {
                for oy in 0..<to.height {
                    for ox in 0..<to.width {
                        for a in 0..<k.time {
                            for b in 0..<k.height {
                                for d in 0..<k.width {
                                    let t = ot * own.stride.time - own.padding.time + a
                                    let row = oy * own.stride.height - own.padding.height + b
                                    let column = ox * own.stride.width - own.padding.width + d
                                    guard (0..<from.time).contains(t),
                                        (0..<from.height).contains(row),
                                        (0..<from.width).contains(column)
                                    else { continue }
                                    let source =
                                        (((clip * from.time + t) * from.height + row) * from.width
                                            + column) * from.channels
                                    let target =
                                        (((clip * to.time + ot) * to.height + oy) * to.width + ox)
                                        * to.channels
                                    let tap = (a * k.height + b) * k.width + d
                                    for o in 0..<to.channels {
                                        for i in 0..<from.channels {
                                            y.values[target + o] +=
                                                x.values[source + i]
                                                * w[(o * from.channels + i) * k.product + tap]
                                        }
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
    }

    private func normalise(
        _ x: Value, _ own: BatchNorm, _ y: inout Value, _ statistics: inout [Double]
    ) {
        let channels = x.shape.channels
        let rows = x.values.count / channels
        guard let meanPlace = tree[own.runningMean]?.offset,
            let variancePlace = tree[own.runningVariance]?.offset
        else { return }
        for (channel, (scale, shift)) in zip(tensor(own.scale), tensor(own.shift)).enumerated() {
            let column = (0..<rows).map { x.values[$0 * channels + channel] }
            var mean = running[meanPlace + channel]
            var variance = running[variancePlace + channel]
            if training, tree[own.runningMean]?.isFrozen == false {
                mean = column.reduce(0, +) / Double(rows)
                let sum = column.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
                variance = sum / Double(rows)
                statistics[meanPlace + channel] = mean
                statistics[variancePlace + channel] = sum / Double(max(rows - 1, 1))
            }
            for row in 0..<rows {
                y.values[row * channels + channel] =
                    (column[row] - mean) / (variance + BatchNorm.epsilon).squareRoot() * scale
                    + shift
            }
        }
    }

    private func multiply(_ x: Value, _ own: Linear, _ y: inout Value) {
        let inputs = x.shape.channels
        let w = Array(tensor(own.weight))
        let bias = Array(tensor(own.bias))
        for row in 0..<x.values.count / inputs {
            for o in 0..<own.features {
                y.values[row * own.features + o] = (0..<inputs).reduce(bias[o]) {
                    $0 + x.values[row * inputs + $1] * w[o * inputs + $1]
                }
            }
        }
    }

    /// Of smoothed labels in training.
    private func crossEntropy(_ row: [Double], _ label: Int) -> Double {
        let top = row.max() ?? 0
        let total = log(row.reduce(0) { $0 + exp($1 - top) }) + top
        let smoothing = training ? labelSmoothing : 0
        return total - (1 - smoothing) * row[label]
            - smoothing * row.reduce(0, +) / Double(row.count)
    }

    private func scoreEnsemble(_ labels: [Int], _ outcome: inout Outcome) {
        let (models, classes) = (graph.heads.count, graph.classes)
        for clip in 0..<clips {
            let mean = (0..<classes).map { c in
                (0..<models).reduce(0) {
                    $0 + outcome.logits[($1 * clips + clip) * classes + c]
                } / Double(models)
            }
            outcome.loss += graph.ensemble * crossEntropy(mean, labels[clip])
        }
    }

    private func score(
        _ logits: Value, _ head: Graph.Head, _ labels: [Int], _ outcome: inout Outcome
    ) {
        let (frames, classes) = (logits.shape.time, logits.shape.channels)
        for clip in 0..<clips {
            let rows = (0..<frames).map { frame in
                Array(
                    logits.values[
                        (clip * frames + frame) * classes..<(clip * frames + frame + 1) * classes])
            }
            let mean = (0..<classes).map { c in
                rows.reduce(0) { $0 + $1[c] } / Double(frames)
            }
            outcome.logits += mean
            let loss =
                switch graph.reduction {
                case .clip: crossEntropy(mean, labels[clip])
                case .frame:
                    rows.reduce(0) { $0 + crossEntropy($1, labels[clip]) } / Double(frames)
                }
            outcome.loss += head.weight * loss
        }
    }
}
