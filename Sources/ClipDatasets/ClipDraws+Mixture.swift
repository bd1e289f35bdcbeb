import Tensors

extension ClipDraws {
    /// The part of a clip that is its own where another is mixed in: drawn from Beta(alpha, alpha),
    /// by rejection.
    ///
    /// Up to 1 after Jöhnk (1964): u^(1/a) / (u^(1/a) + v^(1/a)) where the sum is at most 1, in
    /// logarithms, for the powers of a small alpha may all vanish. Above after Cheng (1978),
    /// algorithm BB with both shapes alike.
    public func mixture(alpha: Double) -> Float {
        var attempt = 0
        while true {
            let words = words(.mixture, attempt: attempt)
            let (u, v) = (Self.open(words.0, words.1), Self.open(words.2, words.3))
            let drawn = alpha <= 1 ? Self.johnk(alpha, u, v) : Self.cheng(alpha, u, v)
            if let drawn { return Float(drawn) }
            attempt += 1
        }
    }

    /// Uniform in (0, 1), without its ends.
    private static func open(_ low: UInt32, _ high: UInt32) -> Double {
        (Double((UInt64(high) << 32 | UInt64(low)) >> 12) + 0.5) * 0x1p-52
    }

    private static func johnk(_ alpha: Double, _ u: Double, _ v: Double) -> Double? {
        let x = ElementaryFunctions.log(u) / alpha
        let y = ElementaryFunctions.log(v) / alpha
        guard ElementaryFunctions.exp(x) + ElementaryFunctions.exp(y) <= 1 else { return nil }
        return 1 / (1 + ElementaryFunctions.exp(y - x))
    }

    private static func cheng(_ alpha: Double, _ u: Double, _ v: Double) -> Double? {
        let logit = ElementaryFunctions.log(u / (1 - u)) / alpha.squareRoot()
        let w = alpha * ElementaryFunctions.exp(logit)
        let r = (alpha + alpha.squareRoot()) * logit - ElementaryFunctions.log(4)
        // The density at the draw, against what proposes it.
        let accepted =
            r + 2 * alpha * ElementaryFunctions.log(2 * alpha / (alpha + w))
            >= ElementaryFunctions.log(u * u * v)
        return accepted ? w / (alpha + w) : nil
    }
}
