import CKernels

extension PlanCompiler {
    mutating func convolution(
        _ node: Int, y: Int, index: Int, folding: (node: Int, residual: Int?, relu: Bool)?
    ) -> PlannedConvolution {
        guard case .convolution(let operation) = graph.nodes[node].operation else {
            preconditionFailure("\(graph.nodes[node].name) is no convolution")
        }
        let x = graph.nodes[node].inputs[0].index
        let from = graph.nodes[x].shape
        let target = targets(of: index).first ?? nil
        let shape = Self.shape(operation, from: from, to: graph.nodes[node].shape)
        let convolution = algorithm(for: shape)
        mostChannels = max(mostChannels, from.channels, convolution.shape.out_channels)
        let statistics = folding == nil ? statistics(for: node, convolution) : nil
        return PlannedConvolution(
            name: graph.nodes[node].name, convolution: convolution,
            weight: weight(node, operation, goesBack: gradients[node] != nil),
            layout: WeightLayout(
                inputStride: shape.taps, outputStride: shape.taps * from.channels),
            x: value(x), y: value(y), packed: buffer(floats: convolution.packedCount),
            statistics: statistics, folded: folding.map { folded($0) },
            backward: backward(
                convolution, node, index, target, trainsWeight: trainsWeight(of: operation)))
    }

    private func algorithm(for shape: lk_convolution) -> any ConvolutionAlgorithm {
        if precision == .bf16, let stem = Bfloat16StemConvolution(shape, clips: clips) {
            return stem
        }
        let winograd = WinogradConvolution(shape, clips: clips)
        // By 1 x 3 x 3, a fourth of the products in float is less than all of them in bf16; over time half of them
        // is not.
        let saves = winograd != nil && shape.kernel_time == 1
        if precision == .bf16, !saves, let rounding = Bfloat16Convolution(shape, clips: clips) {
            return rounding
        }
        return winograd ?? TiledConvolution(shape, clips: clips)
    }

    private mutating func backward(
        _ convolution: any ConvolutionAlgorithm, _ node: Int, _ index: Int,
        _ target: GradientTarget?, trainsWeight: Bool
    ) -> PlannedConvolution.Backward? {
        guard let dy = gradients[node], trainsWeight || target != nil else { return nil }
        let packed = target.map { _ in buffer(floats: convolution.packedTransposedCount) }
        let input = graph.nodes[node].inputs[0].index
        return PlannedConvolution.Backward(
            x: trainsWeight ? kept(input, for: index) : nil, dy: dy,
            partials: trainsWeight ? buffer(floats: convolution.partialCount) : nil,
            packedTransposed: packed, dx: target)
    }

    private mutating func folded(
        _ folding: (node: Int, residual: Int?, relu: Bool)
    ) -> PlannedConvolution.Folded {
        let tensors = tensors(folding.node)
        return PlannedConvolution.Folded(
            normalization: tensors, scale: buffer(floats: 2 * tensors.channels),
            shift: buffer(floats: tensors.channels),
            residual: folding.residual.map { value($0) }, relu: folding.relu)
    }

    /// Buffers for statistics if a batch norm of training follows the convolution.
    private mutating func statistics(
        for node: Int, _ convolution: any ConvolutionAlgorithm
    ) -> PlannedConvolution.Statistics? {
        let follows = steps.contains {
            if case .normalization(let norm, _, _) = $0.kind {
                $0.inputs[0] == node && usesBatch(norm)
            } else {
                false
            }
        }
        guard takesStatistics, follows else { return nil }
        statisticRows[node] = convolution.tileRows
        let doubles = convolution.rowTiles * convolution.shape.out_channels
        statistics[node] = PlannedConvolution.Statistics(
            means: buffer(doubles: doubles), squares: buffer(doubles: doubles))
        return statistics[node]
    }

    static func shape(
        _ operation: Convolution, from: FeatureShape, to: FeatureShape
    ) -> lk_convolution {
        lk_convolution(
            in_time: from.time, in_height: from.height, in_width: from.width,
            in_channels: from.channels, kernel_time: operation.kernel.time,
            kernel_height: operation.kernel.height, kernel_width: operation.kernel.width,
            stride_time: operation.stride.time, stride_height: operation.stride.height,
            stride_width: operation.stride.width, pad_time: operation.padding.time,
            pad_height: operation.padding.height, pad_width: operation.padding.width,
            out_time: to.time, out_height: to.height, out_width: to.width,
            out_channels: to.channels)
    }

    func tensors(_ node: Int) -> NormalizationTensors {
        guard case .batchNorm(let norm) = graph.nodes[node].operation else {
            preconditionFailure("\(graph.nodes[node].name) is no batch norm")
        }
        return NormalizationTensors(
            channels: graph.nodes[node].shape.channels, scale: place(norm.scale),
            shift: place(norm.shift), runningMean: place(norm.runningMean),
            runningVariance: place(norm.runningVariance))
    }

    mutating func normalization(
        _ step: FusedStep, _ index: Int, _ node: Int, _ residual: Int?,
        _ ending: PlannedNormalization.Ending
    ) -> any PlannedOperation {
        let tensors = tensors(node)
        let shape = graph.nodes[node].shape
        let rows = clips * shape.pixels
        let raw = step.inputs[0]
        if !usesBatch(node) {
            mostChannels = max(mostChannels, tensors.channels)
            return PlannedAffine(
                name: graph.nodes[node].name, tensors: tensors, rows: rows, x: value(raw),
                y: value(step.node), residual: residual.map { value($0) },
                relu: ending == .relu, affine: buffer(floats: 3 * tensors.channels),
                backward: affineBackward(step, index, raw))
        }
        let taken = statistics[raw]
        let tile = taken == nil ? max(1, 32_768 / tensors.channels) : statisticRows[raw]
        let doubles = rows.parts(of: tile) * tensors.channels
        let own =
            taken
            ?? PlannedConvolution.Statistics(
                means: buffer(doubles: doubles), squares: buffer(doubles: doubles))
        return PlannedNormalization(
            name: graph.nodes[node].name, tensors: tensors, rows: rows, clips: clips,
            map: (shape.height, shape.width, clips * shape.time), ending: ending,
            statisticRows: tile, statistics: own, takesStatistics: taken == nil,
            moments: buffer(doubles: 2 * tensors.channels),
            affine: buffer(floats: 2 * tensors.channels), x: value(raw),
            residual: residual.map { value($0) }, y: value(step.node),
            backward: normalizationBackward(
                step, index, node, rows, masks: ending == .relu && residual != nil))
    }

    /// Where the gradients of a batch norm's inputs go: of the raw one, unless nobody needs it, and
    /// of the residual. Both are made in one pass.
    private func inputGradients(
        _ step: FusedStep, _ index: Int
    ) -> (raw: BufferID?, residual: GradientTarget?) {
        let targets = targets(of: index)
        let residual = targets.count > 1 ? targets[1] : nil
        let isNeeded = trained[step.inputs[0]] || residual != nil
        return (isNeeded ? gradients[step.inputs[0]] : nil, residual)
    }

    private func affineBackward(
        _ step: FusedStep, _ index: Int, _ raw: Int
    ) -> PlannedAffine.Backward? {
        guard let dy = gradients[step.node] else { return nil }
        let (dx, residual) = inputGradients(step, index)
        return dx.map { PlannedAffine.Backward(dy: dy, dx: $0, residual: residual) }
    }

    private mutating func normalizationBackward(
        _ step: FusedStep, _ index: Int, _ node: Int, _ rows: Int, masks: Bool
    ) -> PlannedNormalization.Backward? {
        guard let dy = gradients[step.node],
            case .batchNorm(let norm) = graph.nodes[node].operation
        else { return nil }
        let (dx, residual) = inputGradients(step, index)
        let channels = graph.nodes[node].shape.channels
        // One tile at most for every map or every 16 rows: more than any cut makes.
        let tiles =
            max(1, rows.parts(of: max(1, 32_768 / channels))) + clips
            * graph.nodes[node].shape.time
        return PlannedNormalization.Backward(
            dy: dy, output: masks ? kept(step.node, for: index) : nil, dx: dx, residual: residual,
            trainsScale: isTrained(norm.scale),
            trainsShift: isTrained(norm.shift),
            sums: buffer(doubles: 2 * channels * (tiles + 1)),
            coefficients: buffer(floats: 3 * channels))
    }
}
