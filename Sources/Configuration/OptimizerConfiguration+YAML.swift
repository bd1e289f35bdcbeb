extension OptimizerConfiguration {
    /// Learning rates that suit each method where none is given; those of PyTorch's documentation.
    private static func standardRate(_ kind: Kind) -> Double {
        switch kind {
        case .sgd: 0.1
        case .adam: 0.001
        }
    }

    init(reading section: inout SectionReader) {
        let kind: Kind = section.choice("kind", default: .sgd)
        let rate = section.number("rate", default: Self.standardRate(kind))
        let decay = section.number("decay", default: OptimizerConfiguration().decay)
        let method: Method
        switch kind {
        case .sgd:
            method = .sgd(
                momentum: section.number("momentum", default: 0.9),
                nesterov: section.flag("nesterov", default: true))
            section.exclude(["decoupled", "beta1", "beta2", "epsilon"], owner: "kind adam")
        case .adam:
            method = .adam(
                beta1: section.number("beta1", default: 0.9),
                beta2: section.number("beta2", default: 0.999),
                epsilon: section.number("epsilon", default: 1e-8),
                decoupled: section.flag("decoupled", default: true))
            section.exclude(["momentum", "nesterov"], owner: "kind sgd")
        }
        self.init(method: method, rate: rate, decay: decay)
    }

    var canonical: CanonicalValue {
        let head: [CanonicalValue.Entry] = [
            .bits("kind", .choice(kind)),
            .bits("rate", .number(rate)),
            .bits("decay", .number(decay)),
        ]
        switch method {
        case .sgd(let momentum, let nesterov):
            return .section(
                head + [
                    .bits("momentum", .number(momentum)),
                    .bits("nesterov", .flag(nesterov)),
                ])
        case .adam(let beta1, let beta2, let epsilon, let decoupled):
            return .section(
                head + [
                    .bits("beta1", .number(beta1)),
                    .bits("beta2", .number(beta2)),
                    .bits("epsilon", .number(epsilon)),
                    .bits("decoupled", .flag(decoupled)),
                ])
        }
    }
}
