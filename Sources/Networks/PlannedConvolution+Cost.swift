import CKernels

extension PlannedConvolution {
    var cost: OperationCost {
        let shape = convolution.shape
        let (input, output) = (inputFloats, convolution.rows * shape.out_channels)
        let residual = folded?.residual == nil ? 0 : output
        var (back, first) = (OperationCost.Work.none, OperationCost.Work.none)
        if let backward {
            let products = (backward.dx == nil ? 0 : 1) + (backward.partials == nil ? 0 : 1)
            back = OperationCost.Work(
                multiplyAdds: products * convolution.multiplyAdds,
                floats: products * output
                    + (backward.dx.map { $0.sweeps * input + weight.forwardFloats } ?? 0)
                    + (backward.partials == nil ? 0 : input + weight.gradientFloats))
            if let dx = backward.dx {
                first = OperationCost.Work(
                    multiplyAdds: convolution.multiplyAdds,
                    floats: output + dx.sweeps * input + weight.forwardFloats)
            }
        }
        return OperationCost(
            name: name, kind: shape.kind, title: shape.title,
            forward: OperationCost.Work(
                multiplyAdds: convolution.multiplyAdds,
                floats: input + output + residual + weight.forwardFloats),
            backward: back, method: convolution.method, inputGradient: first)
    }

    private var inputFloats: Int {
        let shape = convolution.shape
        let clips = convolution.rows / (shape.out_time * shape.out_height * shape.out_width)
        return clips * shape.in_time * shape.in_height * shape.in_width * shape.in_channels
    }
}

extension PlannedWeight {
    /// Floats that a pass reads and writes to have the weight.
    var forwardFloats: Int {
        switch source {
        case .tensor: count
        case .mixture(let mixture): (mixture.templates.count + 2) * count
        }
    }

    /// Floats that a pass reads and writes to leave the weight's gradient.
    var gradientFloats: Int {
        let sweeps = accumulates ? 2 : 1
        switch source {
        case .tensor: return sweeps * count
        case .mixture(let mixture):
            guard let backward = mixture.backward else { return 0 }
            let read = backward.coefficients == nil ? 0 : mixture.templates.count
            return (2 + read + sweeps * backward.templates.compactMap(\.self).count) * count
        }
    }
}

extension lk_convolution {
    var kind: OperationCost.Kind {
        let plane = max(kernel_height, kernel_width)
        if plane > 3 { return .stem }
        if kernel_time > 1 { return plane == 1 ? .temporal : .volumetric }
        return plane == 1 ? .pointwise : .planar
    }

    /// Kernel, stride and channels, as `3x3/2 64→128`.
    var title: String {
        let plane = "\(kernel_height)x\(kernel_width)"
        let kernel = kernel_time == 1 ? plane : "\(kernel_time)x" + plane
        let isSquare = stride_time == 1 && stride_height == stride_width
        let stride =
            isSquare
            ? (stride_width == 1 ? "" : "/\(stride_width)")
            : "/\(stride_time)x\(stride_height)x\(stride_width)"
        return kernel + stride + " \(in_channels)→\(out_channels)"
    }
}
