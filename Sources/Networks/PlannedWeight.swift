import CKernels
import Tensors

/// The weight of a convolution, on its way from the flat vector of parameters into a pass, and its
/// gradient on the way back.
struct PlannedWeight: Sendable {
    enum Source: Sendable {
        /// Place of a tensor in the flat vector.
        case tensor(Int)
        case mixture(Mixture)
    }

    /// W = sum_j a_j T_j.
    struct Mixture: Sendable {
        /// Places in the flat vector.
        let coefficients: Int
        let templates: [Int]
        /// W for the way forward.
        let mixed: BufferID
        let backward: Backward?

        struct Backward: Sendable {
            /// W once more: made anew, for memory is dearer than the sum.
            let mixed: BufferID
            /// Places of the tensors' gradients; nil of those that are frozen.
            let coefficients: Int?
            let templates: [Int?]
            let gradient: BufferID
            /// Doubles (templates, tiles): inner products of template and gradient.
            let products: BufferID
        }
    }

    let source: Source
    /// Floats of the weight.
    let count: Int
    /// Whether another use has left its gradient where this one's goes: uses of a shared tensor add
    /// up in the fixed order of the way back.
    let accumulates: Bool

    /// Floats of a tile.
    static let grain = 16_384

    var forwardBuffers: [BufferID] {
        if case .mixture(let mixture) = source { [mixture.mixed] } else { [] }
    }

    var backwardBuffers: [BufferID] {
        guard case .mixture(let mixture) = source, let backward = mixture.backward else {
            return []
        }
        return [backward.mixed, backward.gradient, backward.products]
    }

    /// The weight for the way forward.
    func forward(_ pass: Pass) -> UnsafePointer<Float> {
        switch source {
        case .tensor(let place): return pass.parameters + place
        case .mixture(let mixture): return mix(mixture, into: pass[mixture.mixed], pass)
        }
    }

    /// The weight for the way back.
    func backward(_ pass: Pass) -> UnsafePointer<Float> {
        guard case .mixture(let mixture) = source, let backward = mixture.backward else {
            return forward(pass)
        }
        return mix(mixture, into: pass[backward.mixed], pass)
    }

    private func mix(
        _ mixture: Mixture, into mixed: UnsafeMutablePointer<Float>, _ pass: Pass
    ) -> UnsafePointer<Float> {
        pass.tiles(count, of: Self.grain) { range, _ in
            Self.mix(
                range, coefficients: pass.parameters + mixture.coefficients,
                templates: mixture.templates, of: pass.parameters, into: mixed)
        }
        return UnsafePointer(mixed)
    }

    /// A range of W.
    static func mix(
        _ range: Range<Int>, coefficients: UnsafePointer<Float>, templates: [Int],
        of parameters: UnsafePointer<Float>, into mixed: UnsafeMutablePointer<Float>
    ) {
        let first = range.lowerBound
        for (number, place) in templates.enumerated() {
            let template = parameters + place + first
            if number == 0 {
                lk_scale(range.count, coefficients[0], template, mixed + first)
            } else {
                lk_add_scaled(range.count, coefficients[number], template, mixed + first)
            }
        }
    }

    /// Where a convolution leaves the gradient of its weight, and whether it adds to what lies
    /// there.
    func gradient(_ pass: Pass) -> (place: UnsafeMutablePointer<Float>, accumulates: Bool) {
        switch source {
        case .tensor(let place): return (pass.gradient + place, accumulates)
        case .mixture(let mixture):
            guard let backward = mixture.backward else {
                preconditionFailure("a plan without gradients was asked for one")
            }
            return (pass[backward.gradient], false)
        }
    }

    /// Hands the gradient of a mixture on: dT_j = a_j dW, da_j = <T_j, dW>.
    func distributeGradient(_ pass: Pass) {
        guard case .mixture(let mixture) = source, let backward = mixture.backward else { return }
        let gradient = UnsafePointer(pass[backward.gradient])
        let products = pass.doubles(backward.products)
        let tiles = count.parts(of: Self.grain)
        pass.tiles(count, of: Self.grain) { range, _ in
            let first = range.lowerBound
            for (number, place) in mixture.templates.enumerated() {
                if let place = backward.templates[number] {
                    let share = pass.parameters[mixture.coefficients + number]
                    let target = pass.gradient + place + first
                    if accumulates {
                        lk_add_scaled(range.count, share, gradient + first, target)
                    } else {
                        lk_scale(range.count, share, gradient + first, target)
                    }
                }
                if backward.coefficients != nil {
                    lk_dot(
                        range.count, pass.parameters + place + first, gradient + first,
                        products + number * tiles + first / Self.grain)
                }
            }
        }
        guard let place = backward.coefficients else { return }
        for number in mixture.templates.indices {
            var sum = 0.0
            for tile in 0..<tiles { sum += products[number * tiles + tile] }
            pass.gradient[place + number] = Float(sum)
        }
    }
}
