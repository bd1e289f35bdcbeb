import Foundation
import Models
import Networks
import Profiling
import Testing

@Suite("A profile")
struct StepProfileTests {
    /// Steps whose operations take 1, 2, 3... ms forward and twice that backward, all times
    /// `factor`, and whose updates take 5 ms.
    private func times(_ operations: Int, factor: Double) -> StepTimes {
        var now = 0.0
        func span(_ milliseconds: Double) -> Range<Double> {
            let start = now
            now += factor * milliseconds / 1000
            return start..<now
        }
        let forward = (0..<operations).map { span(Double($0 + 1)) }
        let backward = (0..<operations).reversed().map { span(2 * Double($0 + 1)) }
        return StepTimes(
            forward: forward, backward: backward.reversed(), update: span(5),
            inputGradient: backward.reversed().map {
                $0.lowerBound..<$0.lowerBound + 0.25 * ($0.upperBound - $0.lowerBound)
            })
    }

    private func profile(
        _ example: Example = .twoBranch,
        limits: MachineLimits = MachineLimits(gigaflops: 100, gigabytes: 20)
    ) throws -> StepProfile {
        let network = try Network(try example.configuration())
        let costs = Plan(network, clips: 3, mode: .training).costs
        return StepProfile(
            StepProfile.Setting(
                name: "example", clips: 3, threads: 2, kernels: "avx2", blas: "Zen",
                arenaBytes: 1_000_000),
            costs: costs, updateBytes: 4_000_000,
            times: [1, 9, 0.5].map { times(costs.count, factor: $0) }, limits: limits)
    }

    private func isClose(_ left: Double, _ right: Double) -> Bool {
        abs(left - right) <= 1e-9 * max(abs(left), abs(right))
    }

    @Test("adds up: operations, kinds, directions and the update are the step")
    func totals() throws {
        let profile = try profile()
        let count = Double(profile.operations.count - 1)
        // Medians: the steps of factor 1.
        #expect(isClose(profile.forwardMilliseconds, count * (count + 1) / 2))
        #expect(isClose(profile.backwardMilliseconds, count * (count + 1)))
        #expect(isClose(profile.updateMilliseconds, 5))
        #expect(isClose(profile.milliseconds, 1.5 * count * (count + 1) + 5))
        let sums: [(Double, Double)] = [
            (profile.operations.reduce(0) { $0 + $1.milliseconds }, profile.milliseconds),
            (profile.kinds.reduce(0) { $0 + $1.milliseconds }, profile.milliseconds),
            (
                profile.kinds.reduce(0) { $0 + $1.forwardMilliseconds },
                profile.forwardMilliseconds + profile.updateMilliseconds
            ),
            (profile.operations.reduce(0) { $0 + $1.share }, 1),
            (profile.kinds.reduce(0) { $0 + $1.share }, 1),
            (profile.clipsPerSecond, 3000 / profile.milliseconds),
        ]
        for (sum, whole) in sums { #expect(isClose(sum, whole)) }
        #expect(
            profile.kinds.reduce(0) { $0 + $1.operations } == profile.operations.count)
        let multiplyAdds = profile.operations.reduce(0) {
            $0 + $1.forward.multiplyAdds + $1.backward.multiplyAdds
        }
        #expect(profile.kinds.reduce(0) { $0 + $1.multiplyAdds } == multiplyAdds)
        #expect(
            isClose(profile.gigaflops, 2 * Double(multiplyAdds) / profile.milliseconds / 1e6))
        #expect(isClose(profile.fastestMilliseconds, 0.5 * profile.milliseconds))
        #expect(isClose(profile.slowestMilliseconds, 9 * profile.milliseconds))
    }

    @Test("measures an operation against what takes longer at the machine's limit")
    func limits() throws {
        for operation in try profile().operations {
            let sums = (
                operation.forward.multiplyAdds + operation.backward.multiplyAdds,
                operation.forward.bytes + operation.backward.bytes
            )
            let arithmetic = 1000 * 2 * Double(sums.0) / 100e9
            let memory = 1000 * Double(sums.1) / 20e9
            #expect(isClose(operation.leastMilliseconds, max(arithmetic, memory)))
            #expect(operation.limit == (arithmetic > memory ? .arithmetic : .memory))
            #expect(
                isClose(operation.efficiency * operation.milliseconds, max(arithmetic, memory)))
        }
        let slow = MachineLimits(gigaflops: 1e-3, gigabytes: 20)
        let limit = try profile(limits: slow).operations.first { $0.name.hasSuffix("conv1") }?.limit
        #expect(limit == .arithmetic)
        let operations = try profile(limits: slow).operations
        #expect(operations.allSatisfy { $0.lostMilliseconds >= 0 })
        #expect(operations.contains { $0.efficiency > 1 && $0.lostMilliseconds == 0 })
    }

    @Test("tells the dearest operations and the greatest losses first")
    func order() throws {
        let profile = try profile()
        let dearest = profile.dearest.map(\.milliseconds)
        #expect(dearest == dearest.sorted(by: >))
        #expect(dearest.count == profile.operations.count)
        let lost = profile.worst(5).map(\.lostMilliseconds)
        #expect(lost.count == 5)
        #expect(
            lost == Array(profile.operations.map(\.lostMilliseconds).sorted(by: >).prefix(5)))
    }

    @Test("fits 100 columns, and says what it leaves out", arguments: Example.allCases)
    func table(example: Example) throws {
        let profile = try profile(example)
        let text = ProfileTable(profile, listed: 10).text
        for line in text.split(separator: "\n") { #expect(line.count <= 100, "\(line)") }
        #expect(text.contains("\(profile.operations.count - 10) more with"))
        let all = ProfileTable(profile, listed: .max).text
        #expect(!all.contains(" more with"))
        for kind in profile.kinds { #expect(all.contains("\n\(kind.name) ")) }
        for operation in profile.operations {
            #expect(all.contains(operation.title))
            #expect(all.contains(operation.name.suffix(20)))
        }
    }

    @Test(
        "counts every kernel once: times and products are the step's", arguments: Example.allCases)
    func kernels(example: Example) throws {
        let profile = try profile(example)
        let kernels = profile.kernels
        #expect(Set(kernels.map(\.name)).count == kernels.count)
        #expect(isClose(kernels.reduce(0) { $0 + $1.milliseconds }, profile.milliseconds))
        #expect(isClose(kernels.reduce(0) { $0 + $1.share }, 1))
        let operations = kernels.reduce(0) { $0 + $1.gigaflops * $1.milliseconds }
        #expect(isClose(operations, profile.gigaflops * profile.milliseconds))
        #expect(kernels.map(\.milliseconds) == kernels.map(\.milliseconds).sorted(by: >))
        for direction in ["forward", "input gradient", "weight gradient"] {
            #expect(kernels.contains { $0.name.hasSuffix(": \(direction)") }, "\(direction)")
        }
    }

    @Test("divides a convolution's way back where the input's gradient was done")
    func inputGradient() throws {
        let network = try Network(try Example.paper.configuration())
        let costs = Plan(network, clips: 3, mode: .training).costs
        let spans = costs.indices.map { Double($0)..<Double($0 + 1) }
        let times = StepTimes(
            forward: spans, backward: spans, update: 0..<1,
            inputGradient: spans.map { $0.lowerBound..<$0.lowerBound + 0.25 })
        let profile = StepProfile(
            StepProfile.Setting(
                name: "example", clips: 3, threads: 2, kernels: "avx2", blas: "Zen", arenaBytes: 1),
            costs: costs, updateBytes: 4, times: [times],
            limits: MachineLimits(gigaflops: 100, gigabytes: 20),
            beside: [KernelUse("hash", OperationCost.Work(bytes: 8), seconds: 1, isBeside: true)])
        let parts = profile.kernels.filter { $0.name.hasSuffix("gradient") }
        #expect(!parts.isEmpty)
        for part in parts {
            let most = part.name.hasSuffix(": input gradient") ? 250.0 : 1000.0
            #expect(part.milliseconds <= most * Double(part.uses) + 1e-6, "\(part.name)")
        }
        let planar = parts.filter { $0.name.hasPrefix("convolution 3x3, ") }
        let products = costs.filter { $0.kind == .planar }.reduce(0) {
            $0 + $1.backward.multiplyAdds
        }
        #expect(
            isClose(
                planar.reduce(0) { $0 + $1.gigaflops * $1.milliseconds * 1e6 },
                2 * Double(products)))
        let hash = profile.kernels.first { $0.name == "hash" }
        #expect(hash?.isBeside == true && hash?.limit == .memory)
        #expect(profile.milliseconds < 1000 * Double(2 * costs.count + 1) + 1)
    }

    @Test("lays kernels out as a Markdown table", arguments: Example.allCases)
    func kernelTable(example: Example) throws {
        let profile = try profile(example)
        let text = KernelTable(profile).text
        let rows = text.split(separator: "\n").filter { $0.hasPrefix("|") }
        let busy = profile.kernels.filter { $0.gigabytes > 0 }
        #expect(rows.count == busy.count + 2)
        #expect(Set(rows.map(\.count)).count == 1)
        #expect(Set(rows.map { $0.count { $0 == "|" } }) == [9])
        for kernel in busy { #expect(text.contains("| \(kernel.name) ")) }
        #expect(text.contains("100 GFLOP/s of sgemm, 20.0 GB/s"))
    }

    @Test("warns of a machine that did other work")
    func disturbance() throws {
        let calm = MachineLimits(gigaflops: 100, gigabytes: 20, usualGigaflops: 95)
        let busy = MachineLimits(gigaflops: 100, gigabytes: 20, usualGigaflops: 60)
        #expect(!ProfileTable(try profile(limits: calm), listed: 5).text.contains("other work"))
        let text = ProfileTable(try profile(limits: busy), listed: 5).text
        #expect(text.contains("other work") && text.contains("60.0 GFLOP/s"))
    }

    @Test("survives JSON")
    func json() throws {
        let profile = try profile(.paper)
        let data = try JSONEncoder().encode(profile)
        #expect(try JSONDecoder().decode(StepProfile.self, from: data) == profile)
    }
}
