/// The `train.optimizer` section.
public struct OptimizerConfiguration: Sendable, Hashable {
    public enum Kind: String, Sendable, Hashable, CaseIterable {
        case sgd, adam
    }

    public enum Method: Sendable, Hashable {
        /// Stochastic gradient descent with momentum as in PyTorch: v = momentum v + g.
        case sgd(momentum: Double, nesterov: Bool)
        /// Adam (Kingma and Ba, 2015). `decoupled` takes the weight decay out of the gradient
        /// (AdamW; Loshchilov and Hutter, 2019).
        case adam(beta1: Double, beta2: Double, epsilon: Double, decoupled: Bool)
    }

    public var method: Method
    /// Learning rate of a whole batch, before the schedule's factor.
    public var rate: Double
    /// Weight decay; not applied to normalisation and to sharing coefficients.
    public var decay: Double

    public var kind: Kind {
        switch method {
        case .sgd: .sgd
        case .adam: .adam
        }
    }

    public init(
        method: Method = .sgd(momentum: 0.9, nesterov: true), rate: Double = 0.1,
        decay: Double = 1e-4
    ) {
        self.method = method
        self.rate = rate
        self.decay = decay
    }
}
