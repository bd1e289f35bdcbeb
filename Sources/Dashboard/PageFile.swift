/// A file of the page, compiled into the program so that the program works wherever it is copied to.
struct PageFile {
    let bytes: [UInt8]
    /// The media type.
    let type: String

    /// The file at a path; nil where there is none.
    init?(path: String) {
        let script = "text/javascript; charset=utf-8"
        switch path {
        case "/": self.init(PackageResources.index_html, "text/html; charset=utf-8")
        case "/style.css": self.init(PackageResources.style_css, "text/css; charset=utf-8")
        case "/page.js": self.init(PackageResources.page_js, script)
        case "/format.js": self.init(PackageResources.format_js, script)
        case "/chart.js": self.init(PackageResources.chart_js, script)
        case "/timeline.js": self.init(PackageResources.timeline_js, script)
        case "/workers.js": self.init(PackageResources.workers_js, script)
        default: return nil
        }
    }

    private init(_ bytes: [UInt8], _ type: String) {
        self.bytes = bytes
        self.type = type
    }
}
