import CKernels

/// Turns the steps of a graph into planned operations, and hands out their buffers.
struct PlanCompiler {
    let graph: Graph
    let tree: ParameterTree
    let clips: Int
    let training: Bool
    /// Whether batch norms take their statistics from the batch, unless they are frozen.
    let takesStatistics: Bool
    let labelSmoothing: Double
    let precision: Precision
    /// Floats of each buffer.
    private(set) var sizes: [Int] = []
    /// Most channels that a pixel outside of a map has to have.
    var mostChannels = 1

    var steps: [FusedStep] = []
    /// The buffer of each node's value, and of its gradient.
    var values: [BufferID?]
    var gradients: [BufferID?]
    /// Whether a node's value depends on a trained tensor: of none in evaluation. What does not is
    /// computed as in evaluation.
    var trained: [Bool] = []
    /// Gradient targets of each step's inputs.
    var targets: [[GradientTarget?]] = []
    /// Statistics that a convolution sums up for the batch norm behind it, by the convolution's
    /// node.
    var statistics: [PlannedConvolution.Statistics?]
    var statisticRows: [Int]
    /// Values that the way back makes anew, by node.
    var recomputed: [Recomputed?]
    /// Whether the gradient of a convolution's weight is added to that of another use, by node.
    var accumulatesWeight: [Int: Bool] = [:]
    /// The first operation that uses each tensor.
    private(set) var firstUsers: [String: Int] = [:]

    let input: BufferID
    let clipLogits: BufferID
    let result: BufferID

    init(_ network: Network, clips: Int, mode: Plan.Mode, labelSmoothing: Double) {
        graph = network.graph
        tree = network.parameters
        self.clips = clips
        precision = network.precision
        training = mode == .training
        takesStatistics = mode != .evaluation
        self.labelSmoothing = training ? labelSmoothing : 0
        values = Array(repeating: nil, count: graph.nodes.count)
        gradients = values
        statistics = Array(repeating: nil, count: graph.nodes.count)
        recomputed = Array(repeating: nil, count: graph.nodes.count)
        statisticRows = Array(repeating: 0, count: graph.nodes.count)
        sizes = [
            clips * graph.input.count, graph.heads.count * clips * graph.classes,
            2 * MemoryLayout<Double>.stride,
        ]
        input = BufferID(index: 0)
        clipLogits = BufferID(index: 1)
        result = BufferID(index: 2)
        values[0] = input
    }

    mutating func operations() -> [any PlannedOperation] {
        findTrained()
        var fusion = Fusion(graph, trained: trained, usesBatch: usesBatch)
        steps = fusion.steps()
        if training {
            assignGradients()
            findSharedGradients()
            findRecomputed()
        }
        var planned: [[any PlannedOperation]] = []
        for index in steps.indices { planned.append(plan(steps[index], index)) }
        planned.append([loss()])
        addRecomputations(to: &planned)
        findFirstUsers(of: planned)
        return planned.flatMap { $0 }
    }

    mutating func buffer(floats: Int) -> BufferID {
        sizes.append(floats)
        return BufferID(index: sizes.count - 1)
    }

    mutating func buffer(doubles: Int) -> BufferID { buffer(floats: 2 * doubles) }

    /// The buffer of a node's value.
    mutating func value(_ node: Int) -> BufferID {
        if let known = values[node] { return known }
        let made = buffer(floats: clips * graph.nodes[node].shape.count)
        values[node] = made
        return made
    }

    /// Place of a tensor in its flat vector.
    func place(_ name: String) -> Int {
        guard let parameter = tree[name] else {
            preconditionFailure("the graph names \(name), the parameter tree does not")
        }
        return parameter.offset
    }

    /// Place of a tensor's gradient; nil where it is frozen.
    func gradientPlace(_ name: String) -> Int? { isTrained(name) ? place(name) : nil }

    /// Whether a step changes the tensor.
    func isTrained(_ name: String) -> Bool { training && tree[name]?.isFrozen == false }

    /// Whether a batch norm takes its statistics from the batch. One whose scale and shift are
    /// frozen takes the running ones, in training too.
    func usesBatch(_ node: Int) -> Bool {
        guard case .batchNorm(let norm) = graph.nodes[node].operation else { return false }
        return takesStatistics && tree[norm.runningMean]?.isFrozen == false
    }

    private mutating func findTrained() {
        trained = []
        for node in graph.nodes {
            let own = node.parameters.contains { takesStatistics && tree[$0]?.isFrozen == false }
            trained.append(own || node.inputs.contains { trained[$0.index] })
        }
    }

    private mutating func findFirstUsers(of planned: [[any PlannedOperation]]) {
        var first = 0
        for index in steps.indices {
            for node in steps[index].nodes {
                for name in graph.nodes[node].parameters {
                    firstUsers[name] = min(firstUsers[name] ?? .max, first)
                }
            }
            first += planned[index].count
        }
    }

    /// Goes the way back once: the first operation that reaches a value writes its gradient, the
    /// others add to it.
    private mutating func assignGradients() {
        for head in graph.heads { _ = target(head.logits.index) }
        targets = Array(repeating: [], count: steps.count)
        for index in steps.indices.reversed() {
            let step = steps[index]
            guard gradients[step.node] != nil || isConvLSTM(step) else { continue }
            switch step.kind {
            case .normalization(_, let residual, let ending):
                let raw = step.inputs[0]
                precondition(
                    gradients[raw] == nil, "what \(graph.nodes[raw].name) yields is read twice")
                // In place: of what enters batch norm, only the gradient is needed from here on.
                gradients[raw] = ending == .reluPool2 ? value(raw) : gradients[step.node]
                targets[index] = [nil, residual.flatMap { target($0) }]
            default:
                targets[index] = step.inputs.map { target($0) }
            }
        }
    }

    private func isConvLSTM(_ step: FusedStep) -> Bool {
        if case .convLSTM(let nodes) = step.kind {
            nodes.contains { gradients[$0] != nil }
        } else {
            false
        }
    }

    private mutating func target(_ node: Int) -> GradientTarget? {
        guard trained[node] else { return nil }
        if let known = gradients[node] { return GradientTarget(buffer: known, accumulates: true) }
        let made = buffer(floats: clips * graph.nodes[node].shape.count)
        gradients[node] = made
        return GradientTarget(buffer: made, accumulates: false)
    }

    func targets(of step: Int) -> [GradientTarget?] {
        training ? targets[step] : []
    }
}
