/// The named tensors of a network, as one table: what optimiser, checkpoint, hash and all-reduce
/// share.
///
/// Trainable tensors lie in one flat vector in the order of their names (bytewise), running
/// statistics in another. A tensor that several operations use is listed, stored and counted once.
///
/// Frozen tensors lie behind the others in both vectors, so that what a step computes and reduces is
/// a prefix of each.
public struct ParameterTree: Sendable, Hashable {
    /// A tensor's first float lies at a multiple of this: a cache line.
    public static let alignment = 16

    /// Trainable tensors by name, the frozen ones last.
    public let trainable: [Parameter]
    /// Running means and variances by name, the frozen ones last.
    public let statistics: [Parameter]
    /// Floats of the flat vector of trainable tensors, with the gaps between them.
    public let trainableExtent: Int
    /// Floats of its part that is not frozen: of a gradient.
    public let gradientExtent: Int
    /// Floats of the flat vector of running statistics.
    public let statisticsExtent: Int
    /// Floats of its part that follows the batches.
    public let batchStatisticsExtent: Int

    private let places: [String: Int]

    /// - Parameter frozen: Names of tensors that stay as they start.
    /// - Precondition: no two parameters have one name.
    public init(_ parameters: [Parameter], frozen: Set<String> = []) {
        let ordered = parameters.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
        (trainable, gradientExtent, trainableExtent) = Self.place(
            ordered.filter(\.isTrainable), frozen)
        (statistics, batchStatisticsExtent, statisticsExtent) = Self.place(
            ordered.filter { !$0.isTrainable }, frozen)
        var places: [String: Int] = [:]
        for (index, parameter) in (trainable + statistics).enumerated() {
            let old = places.updateValue(index, forKey: parameter.name)
            precondition(old == nil, "two parameters are named \(parameter.name)")
        }
        self.places = places
    }

    /// The parameter of this name, trainable or statistic.
    public subscript(name: String) -> Parameter? {
        guard let place = places[name] else { return nil }
        return place < trainable.count ? trainable[place] : statistics[place - trainable.count]
    }

    /// Trainable tensors that are not frozen.
    public var trained: ArraySlice<Parameter> { trainable.prefix { !$0.isFrozen } }

    /// How many numbers the network has; shared tensors count once.
    public var trainableCount: Int { trainable.reduce(0) { $0 + $1.count } }
    /// How many of them are not frozen.
    public var trainedCount: Int { trained.reduce(0) { $0 + $1.count } }

    /// Places tensors one after another; where the frozen ones begin, and where all end.
    private static func place(
        _ parameters: [Parameter], _ frozen: Set<String>
    ) -> (placed: [Parameter], moving: Int, all: Int) {
        var placed = parameters
        for index in placed.indices {
            placed[index].isFrozen = frozen.contains(placed[index].name)
        }
        placed = placed.filter { !$0.isFrozen } + placed.filter(\.isFrozen)
        var (moving, all) = (0, 0)
        for index in placed.indices {
            placed[index].offset = all
            all += placed[index].count.roundedUp(to: alignment)
            if !placed[index].isFrozen { moving = all }
        }
        return (placed, moving, all)
    }
}

extension Int {
    func roundedUp(to multiple: Int) -> Int { (self + multiple - 1) / multiple * multiple }

    /// Parts of size `part` that cover `self`; the last may be smaller.
    func parts(of part: Int) -> Int { (self + part - 1) / part }
}
