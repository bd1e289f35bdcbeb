import Models
import Networks
import Profiling
import Tensors
import Testing

@Suite("A profiled step")
struct StepProfilerTests {
    @Test(
        "has every operation of the plan once, in its order, and the update",
        arguments: Example.allCases)
    func operations(example: Example) throws {
        let configuration = try example.configuration()
        let profiler = try StepProfiler(configuration, threads: 2)
        let profile = profiler.profile(steps: 1, warmups: 0).profile
        let network = try Network(configuration)
        let plan = Plan(network, clips: 3, mode: .training)
        #expect(profile.setting.clips == 3)
        #expect(profile.operations.map(\.name) == plan.costs.map(\.name) + ["update"])
        for node in network.graph.nodes {
            // What makes a value anew has nothing to do on the way forward.
            let own = plan.costs.filter { $0.name == node.name && $0.forward != .none }
            switch node.operation {
            case .convolution, .batchNorm, .linear, .attention, .maxPool:
                // The projection before an attention has the attention's name.
                #expect(
                    own.count == network.graph.nodes.count { $0.name == node.name },
                    "\(node.name)")
            case .convLSTM, .input, .relu, .add: break
            case .concatenate: #expect(own.count == node.inputs.count, "\(node.name)")
            default: #expect(own.count <= 1, "\(node.name)")
            }
        }
        #expect(profile.operations.count { $0.name == "loss" } == 1)
    }

    @Test("counts the forward multiply-adds that the layers cost", arguments: Example.allCases)
    func multiplyAdds(example: Example) throws {
        let network = try Network(try example.configuration())
        let plan = Plan(network, clips: 3, mode: .training)
        let layers = network.graph.costs(network.parameters)
        for name in Set(layers.map(\.name)).sorted() {
            let (own, theirs) = (
                plan.costs.filter { $0.name == name }, layers.filter { $0.name == name }
            )
            // A ConvLSTM's first frame meets no state, which `describe` does not heed.
            if own.contains(where: { $0.kind == .recurrence }) || own.isEmpty { continue }
            #expect(
                own.reduce(0) { $0 + $1.forward.multiplyAdds }
                    == 3 * theirs.reduce(0) { $0 + $1.multiplyAdds }, "\(name)")
        }
        #expect(plan.costs.contains { $0.forward.multiplyAdds > 0 && $0.kind != .recurrence })
    }

    @Test("goes back through products twice, but once where a weight or what is below is frozen")
    func backward() throws {
        let whole = Plan(
            try Network(try Example.paper.configuration()), clips: 2, mode: .training)
        for cost in whole.costs where cost.kind == .planar || cost.kind == .temporal {
            #expect(cost.backward.multiplyAdds == 2 * cost.forward.multiplyAdds, "\(cost.name)")
        }
        for cost in whole.costs where cost.kind == .stem {
            #expect(cost.backward.multiplyAdds == cost.forward.multiplyAdds, "\(cost.name)")
        }
        let frozen = Plan(
            try Network(try Example.paper.configuration("train.freeze=[s*]")),
            clips: 2, mode: .training)
        for cost in frozen.costs {
            #expect(
                cost.backward.multiplyAdds
                    == (cost.kind == .linear ? cost.forward.multiplyAdds : 0), "\(cost.name)")
        }
    }

    @Test("counts each operand once for every sweep over it")
    func bytes() throws {
        let network = try Network(try Example.paper.configuration())
        let costs = Plan(network, clips: 2, mode: .training).costs
        func floats(_ name: String) -> (forward: Int, backward: Int)? {
            costs.first { $0.name == name }.map { ($0.forward.bytes / 4, $0.backward.bytes / 4) }
        }
        func count(_ name: String) throws -> Int {
            2 * (try #require(network.graph.nodes.first { $0.name == name })).shape.count
        }
        // y from x; then x and dy for the sums, and the same again for dx.
        let stem = try count("s1.pathway0_stem.bn")
        #expect(try #require(floats("s1.pathway0_stem.bn")) == (2 * stem, 5 * stem))
        // A residual is read, too, and its gradient written; what ReLU let through is seen from y, which is
        // made anew.
        let sum = try count("s2.pathway0_res0.branch2.c_bn")
        #expect(try #require(floats("s2.pathway0_res0.branch2.c_bn")) == (3 * sum, 8 * sum))
        let again = costs.filter { $0.name == "s2.pathway0_res0.branch2.c_bn" }.dropFirst()
        #expect(again.map(\.forward) == [.none])
        #expect(again.map { $0.backward.bytes / 4 } == [3 * sum])
        // x, y and the weight; then dy, dx and the weight, and x, dy and the weight's gradient.
        let name = "s2.pathway0_res0.branch2.b"
        let (input, output) = (try count("s2.pathway0_res0.branch2.a_bn"), try count(name))
        let weight = try #require(network.parameters[name + ".weight"]).count
        #expect(
            try #require(floats(name))
                == (input + output + weight, 2 * (input + output + weight)))
    }

    @Test("reads the state of every frame but the first in a ConvLSTM")
    func recurrence() throws {
        let plan = Plan(
            try Network(try Example.twoBranch.configuration()), clips: 1, mode: .training)
        let cost = try #require(plan.costs.first { $0.kind == .recurrence })
        // Two directions, four gates of four channels, 3x3 taps on maps of 2x2; four frames of the
        // input's four channels, three of the state's.
        let (gates, taps, pixels) = (2 * 4 * 4, 9, 2 * 2)
        #expect(cost.forward.multiplyAdds == gates * taps * pixels * (4 * 4 + 3 * 4))
    }

    @Test("computes the same bits as one that nobody looks at", arguments: Example.allCases)
    func bits(example: Example) throws {
        let network = try Network(try example.configuration())
        let parameters = ParameterStorage(network.parameters)
        network.parameters.initialise(parameters, seed: 3)
        let executor = Executor(
            network, clips: 3, mode: .training, pool: try ThreadPool(threads: 2))
        let timeline = PassTimeline(plan: executor.plan)
        func pass(
            _ train: (FloatBuffer, FloatBuffer) -> Executor.PassResult
        ) -> (Executor.PassResult, [Float], [Float]) {
            CounterRandom(seed: 5).fillUniform(executor.clips, offset: -1, scale: 2)
            let gradient = FloatBuffer(count: network.parameters.gradientExtent)
            let statistics = FloatBuffer(count: network.parameters.batchStatisticsExtent)
            let result = train(gradient, statistics)
            return (result, gradient.array, statistics.array)
        }
        let plain = pass {
            executor.train(parameters: parameters, gradient: $0, statistics: $1)
        }
        let timed = pass {
            executor.train(
                parameters: parameters, gradient: $0, statistics: $1, timeline: timeline)
        }
        #expect(plain.0 == timed.0)
        #expect(plain.1 == timed.1)
        #expect(plain.2 == timed.2)
        #expect(plain.1.contains { $0 != 0 })
        var end = timeline.start
        for index in 0..<timeline.operations {
            #expect(timeline.forward(index).lowerBound == end)
            end = timeline.forward(index).upperBound
        }
        for index in (0..<timeline.operations).reversed() {
            #expect(timeline.backward(index).lowerBound == end)
            end = timeline.backward(index).upperBound
        }
    }

    @Test("names a model that cannot be built")
    func badModel() throws {
        let configuration = try Example.twoBranch.configuration("train.freeze=[models.7]")
        #expect {
            try StepProfiler(configuration, threads: 1)
        } throws: { error in
            "\(error)".contains("did you mean models")
        }
    }
}
