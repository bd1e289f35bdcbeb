import ArgumentParser
import ClipDatasets

extension ViewGrid: ExpressibleByArgument {
    public init?(argument: String) {
        self.init(argument)
    }

    public var defaultValueDescription: String { description }
}
