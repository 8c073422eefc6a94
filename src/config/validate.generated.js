// Made by generate.ts from the rows of the leaves (sections/): change those, then run `npm run generate`.
// Code by ajv (MIT license, https://github.com/ajv-validator/ajv)
// validate.js
var validate = validate10, schema11 = { type: "object", properties: { system: { type: "object", properties: { hostname: { type: "string", pattern: "^(?=.{1,64}$)[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?(\\.[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*$" } }, required: [], additionalProperties: !1 }, management: { type: "object", properties: { interface: { type: "string", pattern: "^[A-Za-z][A-Za-z0-9_.-]{0,14}$" }, address: { type: "string", pattern: "\\S" }, gateway: { type: "string", pattern: "\\S" }, dns: { type: "string", pattern: "\\S" }, ntp: { type: "string", pattern: "\\S" } }, required: [], additionalProperties: !1 }, http: { type: "object", properties: { listen: { type: "string", pattern: "\\S" }, "https-listen": { type: "string", pattern: "\\S" }, names: { type: "string", pattern: "\\S" } }, required: [], additionalProperties: !1 }, telemetry: { type: "object", properties: { "zero-series": { type: "boolean" } }, required: [], additionalProperties: !1 }, update: { type: "object", properties: { "confirm-timeout": { type: "integer", minimum: 5, maximum: 3600 }, "trial-stable": { type: "integer", minimum: 1, maximum: 3600 }, "trial-timeout": { type: "integer", minimum: 10, maximum: 86400 }, "route-tolerance": { type: "integer", minimum: 0, maximum: 100 }, "minimum-version": { type: "string", pattern: "^(?=.{1,64}$)(0|[1-9][0-9]{0,8})\\.(0|[1-9][0-9]{0,8})\\.(0|[1-9][0-9]{0,8})(-[a-z0-9]+(\\.[a-z0-9]+)*)?$" }, "allow-older-builds": { type: "boolean" } }, required: [], additionalProperties: !1 }, watchdog: { type: "object", properties: { enabled: { type: "boolean" }, timeout: { type: "integer", minimum: 5, maximum: 600 } }, required: [], additionalProperties: !1 }, log: { type: "object", properties: { syslog: { type: "string", pattern: "\\S" }, "disk-size": { type: "integer", minimum: 1048576, maximum: 17179869184 } }, required: [], additionalProperties: !1 }, vpp: { type: "object", properties: { enabled: { type: "boolean" }, external: { type: "boolean" }, binary: { type: "string", pattern: "^(?!.*\\.\\.)/[^\\u0000-\\u001f\\u007f]{0,1022}[^\\u0000-\\u001f\\u007f/]$" }, "start-timeout": { type: "integer", minimum: 1, maximum: 3600 }, "answer-timeout": { type: "integer", minimum: 2, maximum: 3600 }, drift: { enum: ["repair", "report"] }, "api-socket": { type: "string", pattern: `^(?!.*\\.\\.)/[^\\s\\u0000-\\u001f\\u007f{}#"'\\\\]*[^\\s\\u0000-\\u001f\\u007f{}#"'\\\\/]$` } }, required: [], additionalProperties: !1 }, "vpp.cpu": { type: "object", properties: { "main-core": { type: "integer", minimum: 0, maximum: 255 }, workers: { type: "integer", minimum: 0, maximum: 255 }, isolate: { type: "boolean" } }, required: [], additionalProperties: !1 }, "vpp.memory": { type: "object", properties: { "main-heap": { type: "integer", minimum: 268435456, maximum: 274877906944 }, "hugepage-size": { enum: ["2M", "1G"] }, buffers: { type: "integer", minimum: 1024, maximum: 16777216 } }, required: [], additionalProperties: !1 }, "vpp.dpdk": { type: "object", properties: { "unsafe-no-iommu": { type: "boolean" } }, required: [], additionalProperties: !1 }, "vpp.stats": { type: "object", properties: { "segment-size": { type: "integer", minimum: 33554432, maximum: 68719476736 }, "socket-path": { type: "string", pattern: `^(?!.*\\.\\.)/[^\\s\\u0000-\\u001f\\u007f{}#"'\\\\]*[^\\s\\u0000-\\u001f\\u007f{}#"'\\\\/]$` }, "poll-interval": { type: "integer", minimum: 1, maximum: 3600 } }, required: [], additionalProperties: !1 }, "vpp.lcp": { type: "object", properties: { enabled: { type: "boolean" }, sync: { type: "boolean" }, "auto-subint": { type: "boolean" }, follow: { type: "boolean" }, netns: { type: "string", pattern: "^(?!\\.{1,2}$)[A-Za-z0-9_.-]{1,31}$" } }, required: [], additionalProperties: !1 }, "vpp.neighbors": { type: "object", properties: { "max-number": { type: "integer", minimum: 64, maximum: 1e6 }, "max-age": { type: "integer", minimum: 0, maximum: 86400 }, recycle: { type: "boolean" } }, required: [], additionalProperties: !1 }, "fib.vpp": { type: "object", properties: { enabled: { type: "boolean" }, "table-id": { type: "integer", minimum: 0, maximum: 4294967295 }, "batch-size": { type: "integer", minimum: 1, maximum: 65535 }, "batch-interval-ms": { type: "integer", minimum: 0, maximum: 6e4 }, verify: { enum: ["sample", "all", "answered"] } }, required: [], additionalProperties: !1 }, "fib.kernel": { type: "object", properties: { enabled: { type: "boolean" }, "table-id": { type: "integer", minimum: 1, maximum: 4294967295 }, netns: { type: "string", pattern: "^(?!\\.{1,2}$)[A-Za-z0-9_.-]{1,31}$" }, metric: { type: "integer", minimum: 1, maximum: 4294967295 }, import: { type: "boolean" }, "import-distance": { type: "integer", minimum: 1, maximum: 255 } }, required: [], additionalProperties: !1 }, bgp: { type: "object", properties: { as: { type: "integer", minimum: 1, maximum: 4294967295 }, "router-id": { type: "string", pattern: "\\S" }, listen: { type: "string", pattern: "\\S" } }, required: [], additionalProperties: !1 }, nat44: { type: "object", properties: { enabled: { type: "boolean" }, masquerade: { type: "string", pattern: "\\S" }, pool: { type: "string", pattern: "\\S" }, "own-traffic": { type: "boolean" }, forwarding: { type: "boolean" }, sessions: { type: "integer", minimum: 1024, maximum: 8388608 }, "udp-timeout": { type: "integer", minimum: 1, maximum: 604800 }, "tcp-established-timeout": { type: "integer", minimum: 1, maximum: 604800 }, "tcp-transitory-timeout": { type: "integer", minimum: 1, maximum: 604800 }, "icmp-timeout": { type: "integer", minimum: 1, maximum: 604800 }, "mss-clamp": { type: "integer", minimum: 536, maximum: 9e3 } }, required: [], additionalProperties: !1 }, supervisor: { type: "object", properties: { "backoff-ms": { type: "integer", minimum: 10, maximum: 6e4 }, "backoff-max-ms": { type: "integer", minimum: 10, maximum: 36e5 }, "stable-ms": { type: "integer", minimum: 100, maximum: 864e5 }, "loop-after": { type: "integer", minimum: 1, maximum: 1e3 }, "loop-retry-ms": { type: "integer", minimum: 100, maximum: 864e5 } }, required: [], additionalProperties: !1 } }, patternProperties: { "^vpp\\.dpdk\\.interface\\.": { type: "object", properties: { name: { type: "string", pattern: "^[A-Za-z][A-Za-z0-9_.-]{0,14}$" }, driver: { enum: ["dpdk", "native"] }, "rx-queues": { type: "integer", minimum: 1, maximum: 255 }, "tx-queues": { type: "integer", minimum: 1, maximum: 255 } }, required: ["name"], additionalProperties: !1 }, "^bgp\\.neighbor\\.": { type: "object", properties: { address: { type: "string", pattern: "\\S" }, as: { type: "integer", minimum: 1, maximum: 4294967295 }, port: { type: "integer", minimum: 1, maximum: 65535 }, passive: { type: "boolean" }, local: { type: "string", pattern: "\\S" }, netns: { type: "string", pattern: "^(?!\\.{1,2}$)[A-Za-z0-9_.-]{1,31}$" }, families: { type: "string", pattern: "\\S" }, distance: { type: "integer", minimum: 1, maximum: 255 }, paths: { enum: ["one", "best", "ecmp"] }, "hold-time": { type: "integer", minimum: 0, maximum: 65535, not: { enum: [1, 2] } }, "connect-retry": { type: "integer", minimum: 1, maximum: 600 } }, required: ["address", "as"], additionalProperties: !1 }, "^vrf\\.": { type: "object", properties: { table: { type: "integer", minimum: 1, maximum: 4294967294 } }, required: ["table"], additionalProperties: !1 }, "^interface\\.": { type: "object", properties: { description: { type: "string", pattern: "^[^\\u0000-\\u001f\\u007f]{1,200}$" }, enabled: { type: "boolean" }, mtu: { type: "integer", minimum: 68, maximum: 65535 }, addresses: { type: "string", pattern: "\\S" }, dhcp: { type: "boolean" }, "dhcp-dns": { type: "boolean" }, vrf: { type: "string", pattern: "^[A-Za-z][A-Za-z0-9_.-]{0,14}$" }, mpls: { type: "boolean" }, "acl-in": { type: "string", pattern: "\\S" }, "acl-out": { type: "string", pattern: "\\S" }, macip: { type: "string", pattern: "^[A-Za-z][A-Za-z0-9_-]{0,30}$" }, nat: { enum: ["inside", "outside"] }, vlan: { anyOf: [{ const: "default" }, { type: "integer", minimum: 1, maximum: 4094 }] }, "inner-vlan": { anyOf: [{ const: "any" }, { type: "integer", minimum: 1, maximum: 4094 }] }, encapsulation: { enum: ["dot1q", "dot1ad"] }, "exact-match": { type: "boolean" }, mac: { type: "string", pattern: "\\S" }, urpf: { enum: ["strict", "loose"] }, neighbors: { type: "string", pattern: "\\S" }, "proxy-arp": { type: "boolean" }, "proxy-nd": { type: "string", pattern: "\\S" }, lcp: { type: "boolean" }, "host-name": { type: "string", pattern: "^[A-Za-z][A-Za-z0-9_.-]{0,14}$" }, "link-local": { type: "string", pattern: "\\S" }, unnumbered: { type: "string", pattern: "^[A-Za-z][A-Za-z0-9_.-]{0,14}$" }, "mss-clamp": { anyOf: [{ const: "auto" }, { type: "integer", minimum: 88, maximum: 65495 }] } }, required: [], additionalProperties: !1 }, "^bond\\.": { type: "object", properties: { members: { type: "string", pattern: "\\S" }, mode: { enum: ["lacp", "active-backup", "xor", "round-robin", "broadcast"] }, primary: { type: "string", pattern: "^[A-Za-z][A-Za-z0-9_.-]{0,14}$" }, "load-balance": { enum: ["l2", "l23", "l34"] }, "lacp-timeout": { enum: ["short", "long"] }, "lacp-passive": { type: "boolean" } }, required: ["members"], additionalProperties: !1 }, "^bridge\\.": { type: "object", properties: { members: { type: "string", pattern: "\\S" }, learn: { type: "boolean" }, flood: { type: "boolean" }, "unknown-unicast-flood": { type: "boolean" }, "arp-termination": { type: "boolean" }, "mac-age": { type: "integer", minimum: 0, maximum: 255 }, static: { type: "string", pattern: "\\S" }, id: { type: "integer", minimum: 1, maximum: 16777215 } }, required: ["members"], additionalProperties: !1 }, "^cross-connect\\.": { type: "object", properties: { interfaces: { type: "string", pattern: "\\S" }, "tag-rewrite": { enum: ["pop", "keep"] } }, required: ["interfaces"], additionalProperties: !1 }, "^gre\\.": { type: "object", properties: { source: { type: "string", pattern: "\\S" }, destination: { type: "string", pattern: "\\S" }, "underlay-vrf": { type: "string", pattern: "^[A-Za-z][A-Za-z0-9_.-]{0,14}$" }, type: { enum: ["l3", "teb"] } }, required: ["source", "destination"], additionalProperties: !1 }, "^ipip\\.": { type: "object", properties: { source: { type: "string", pattern: "\\S" }, destination: { type: "string", pattern: "\\S" }, "underlay-vrf": { type: "string", pattern: "^[A-Za-z][A-Za-z0-9_.-]{0,14}$" } }, required: ["source", "destination"], additionalProperties: !1 }, "^vxlan\\.": { type: "object", properties: { source: { type: "string", pattern: "\\S" }, destination: { type: "string", pattern: "\\S" }, "underlay-vrf": { type: "string", pattern: "^[A-Za-z][A-Za-z0-9_.-]{0,14}$" }, vni: { type: "integer", minimum: 0, maximum: 16777215 }, port: { type: "integer", minimum: 1, maximum: 65535 } }, required: ["source", "destination", "vni"], additionalProperties: !1 }, "^acl\\.": { type: "object", properties: {}, required: [], additionalProperties: !1 }, "^macip\\.": { type: "object", properties: {}, required: [], additionalProperties: !1 }, "^prefix-list\\.": { type: "object", properties: { prefixes: { type: "string", pattern: "\\S" } }, required: ["prefixes"], additionalProperties: !1 }, "^port-list\\.": { type: "object", properties: { ports: { type: "string", pattern: "\\S" } }, required: ["ports"], additionalProperties: !1 }, "^port-forward\\.": { type: "object", properties: { protocol: { type: "string", pattern: "\\S" }, external: { type: "string", pattern: "\\S" }, internal: { type: "string", pattern: "\\S" } }, required: ["protocol", "external", "internal"], additionalProperties: !1 }, "^nat-static\\.": { type: "object", properties: { external: { type: "string", pattern: "\\S" }, internal: { type: "string", pattern: "\\S" } }, required: ["external", "internal"], additionalProperties: !1 }, "^service\\.": { type: "object", properties: { command: { type: "string", pattern: "\\S" }, netns: { type: "string", pattern: "^(?!\\.{1,2}$)[A-Za-z0-9_.-]{1,31}$" }, vrf: { type: "string", pattern: "^[A-Za-z][A-Za-z0-9_.-]{0,14}$" }, restart: { enum: ["always", "on-failure", "never"] } }, required: ["command"], additionalProperties: !1 } }, additionalProperties: !1 }, func2 = Object.prototype.hasOwnProperty, pattern0 = new RegExp("^vpp\\.dpdk\\.interface\\.", "u"), pattern1 = new RegExp("^bgp\\.neighbor\\.", "u"), pattern2 = new RegExp("^vrf\\.", "u"), pattern3 = new RegExp("^interface\\.", "u"), pattern4 = new RegExp("^bond\\.", "u"), pattern5 = new RegExp("^bridge\\.", "u"), pattern6 = new RegExp("^cross-connect\\.", "u"), pattern7 = new RegExp("^gre\\.", "u"), pattern8 = new RegExp("^ipip\\.", "u"), pattern9 = new RegExp("^vxlan\\.", "u"), pattern10 = new RegExp("^acl\\.", "u"), pattern11 = new RegExp("^macip\\.", "u"), pattern12 = new RegExp("^prefix-list\\.", "u"), pattern13 = new RegExp("^port-list\\.", "u"), pattern14 = new RegExp("^port-forward\\.", "u"), pattern15 = new RegExp("^nat-static\\.", "u"), pattern16 = new RegExp("^service\\.", "u"), pattern17 = new RegExp("^(?=.{1,64}$)[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?(\\.[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*$", "u"), pattern18 = new RegExp("^[A-Za-z][A-Za-z0-9_.-]{0,14}$", "u"), pattern19 = new RegExp("\\S", "u"), pattern26 = new RegExp("^(?=.{1,64}$)(0|[1-9][0-9]{0,8})\\.(0|[1-9][0-9]{0,8})\\.(0|[1-9][0-9]{0,8})(-[a-z0-9]+(\\.[a-z0-9]+)*)?$", "u"), pattern28 = new RegExp("^(?!.*\\.\\.)/[^\\u0000-\\u001f\\u007f]{0,1022}[^\\u0000-\\u001f\\u007f/]$", "u"), pattern29 = new RegExp(`^(?!.*\\.\\.)/[^\\s\\u0000-\\u001f\\u007f{}#"'\\\\]*[^\\s\\u0000-\\u001f\\u007f{}#"'\\\\/]$`, "u"), pattern31 = new RegExp("^(?!\\.{1,2}$)[A-Za-z0-9_.-]{1,31}$", "u"), pattern46 = new RegExp("^[^\\u0000-\\u001f\\u007f]{1,200}$", "u"), pattern51 = new RegExp("^[A-Za-z][A-Za-z0-9_-]{0,30}$", "u");
function validate10(data, { instancePath = "", parentData, parentDataProperty, rootData = data } = {}) {
  let vErrors = null, errors = 0;
  if (data && typeof data == "object" && !Array.isArray(data)) {
    for (let key0 in data)
      if (!(func2.call(schema11.properties, key0) || pattern0.test(key0) || pattern1.test(key0) || pattern2.test(key0) || pattern3.test(key0) || pattern4.test(key0) || pattern5.test(key0) || pattern6.test(key0) || pattern7.test(key0) || pattern8.test(key0) || pattern9.test(key0) || pattern10.test(key0) || pattern11.test(key0) || pattern12.test(key0) || pattern13.test(key0) || pattern14.test(key0) || pattern15.test(key0) || pattern16.test(key0))) {
        let err0 = { instancePath, schemaPath: "#/additionalProperties", keyword: "additionalProperties", params: { additionalProperty: key0 } };
        vErrors === null ? vErrors = [err0] : vErrors.push(err0), errors++;
      }
    if (data.system !== void 0) {
      let data0 = data.system;
      if (data0 && typeof data0 == "object" && !Array.isArray(data0)) {
        for (let key1 in data0)
          if (key1 !== "hostname") {
            let err1 = { instancePath: instancePath + "/system", schemaPath: "#/properties/system/additionalProperties", keyword: "additionalProperties", params: { additionalProperty: key1 } };
            vErrors === null ? vErrors = [err1] : vErrors.push(err1), errors++;
          }
        if (data0.hostname !== void 0) {
          let data1 = data0.hostname;
          if (typeof data1 == "string") {
            if (!pattern17.test(data1)) {
              let err2 = { instancePath: instancePath + "/system/hostname", schemaPath: "#/properties/system/properties/hostname/pattern", keyword: "pattern", params: { pattern: "^(?=.{1,64}$)[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?(\\.[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*$" } };
              vErrors === null ? vErrors = [err2] : vErrors.push(err2), errors++;
            }
          } else {
            let err3 = { instancePath: instancePath + "/system/hostname", schemaPath: "#/properties/system/properties/hostname/type", keyword: "type", params: { type: "string" } };
            vErrors === null ? vErrors = [err3] : vErrors.push(err3), errors++;
          }
        }
      } else {
        let err4 = { instancePath: instancePath + "/system", schemaPath: "#/properties/system/type", keyword: "type", params: { type: "object" } };
        vErrors === null ? vErrors = [err4] : vErrors.push(err4), errors++;
      }
    }
    if (data.management !== void 0) {
      let data2 = data.management;
      if (data2 && typeof data2 == "object" && !Array.isArray(data2)) {
        for (let key2 in data2)
          if (!(key2 === "interface" || key2 === "address" || key2 === "gateway" || key2 === "dns" || key2 === "ntp")) {
            let err5 = { instancePath: instancePath + "/management", schemaPath: "#/properties/management/additionalProperties", keyword: "additionalProperties", params: { additionalProperty: key2 } };
            vErrors === null ? vErrors = [err5] : vErrors.push(err5), errors++;
          }
        if (data2.interface !== void 0) {
          let data3 = data2.interface;
          if (typeof data3 == "string") {
            if (!pattern18.test(data3)) {
              let err6 = { instancePath: instancePath + "/management/interface", schemaPath: "#/properties/management/properties/interface/pattern", keyword: "pattern", params: { pattern: "^[A-Za-z][A-Za-z0-9_.-]{0,14}$" } };
              vErrors === null ? vErrors = [err6] : vErrors.push(err6), errors++;
            }
          } else {
            let err7 = { instancePath: instancePath + "/management/interface", schemaPath: "#/properties/management/properties/interface/type", keyword: "type", params: { type: "string" } };
            vErrors === null ? vErrors = [err7] : vErrors.push(err7), errors++;
          }
        }
        if (data2.address !== void 0) {
          let data4 = data2.address;
          if (typeof data4 == "string") {
            if (!pattern19.test(data4)) {
              let err8 = { instancePath: instancePath + "/management/address", schemaPath: "#/properties/management/properties/address/pattern", keyword: "pattern", params: { pattern: "\\S" } };
              vErrors === null ? vErrors = [err8] : vErrors.push(err8), errors++;
            }
          } else {
            let err9 = { instancePath: instancePath + "/management/address", schemaPath: "#/properties/management/properties/address/type", keyword: "type", params: { type: "string" } };
            vErrors === null ? vErrors = [err9] : vErrors.push(err9), errors++;
          }
        }
        if (data2.gateway !== void 0) {
          let data5 = data2.gateway;
          if (typeof data5 == "string") {
            if (!pattern19.test(data5)) {
              let err10 = { instancePath: instancePath + "/management/gateway", schemaPath: "#/properties/management/properties/gateway/pattern", keyword: "pattern", params: { pattern: "\\S" } };
              vErrors === null ? vErrors = [err10] : vErrors.push(err10), errors++;
            }
          } else {
            let err11 = { instancePath: instancePath + "/management/gateway", schemaPath: "#/properties/management/properties/gateway/type", keyword: "type", params: { type: "string" } };
            vErrors === null ? vErrors = [err11] : vErrors.push(err11), errors++;
          }
        }
        if (data2.dns !== void 0) {
          let data6 = data2.dns;
          if (typeof data6 == "string") {
            if (!pattern19.test(data6)) {
              let err12 = { instancePath: instancePath + "/management/dns", schemaPath: "#/properties/management/properties/dns/pattern", keyword: "pattern", params: { pattern: "\\S" } };
              vErrors === null ? vErrors = [err12] : vErrors.push(err12), errors++;
            }
          } else {
            let err13 = { instancePath: instancePath + "/management/dns", schemaPath: "#/properties/management/properties/dns/type", keyword: "type", params: { type: "string" } };
            vErrors === null ? vErrors = [err13] : vErrors.push(err13), errors++;
          }
        }
        if (data2.ntp !== void 0) {
          let data7 = data2.ntp;
          if (typeof data7 == "string") {
            if (!pattern19.test(data7)) {
              let err14 = { instancePath: instancePath + "/management/ntp", schemaPath: "#/properties/management/properties/ntp/pattern", keyword: "pattern", params: { pattern: "\\S" } };
              vErrors === null ? vErrors = [err14] : vErrors.push(err14), errors++;
            }
          } else {
            let err15 = { instancePath: instancePath + "/management/ntp", schemaPath: "#/properties/management/properties/ntp/type", keyword: "type", params: { type: "string" } };
            vErrors === null ? vErrors = [err15] : vErrors.push(err15), errors++;
          }
        }
      } else {
        let err16 = { instancePath: instancePath + "/management", schemaPath: "#/properties/management/type", keyword: "type", params: { type: "object" } };
        vErrors === null ? vErrors = [err16] : vErrors.push(err16), errors++;
      }
    }
    if (data.http !== void 0) {
      let data8 = data.http;
      if (data8 && typeof data8 == "object" && !Array.isArray(data8)) {
        for (let key3 in data8)
          if (!(key3 === "listen" || key3 === "https-listen" || key3 === "names")) {
            let err17 = { instancePath: instancePath + "/http", schemaPath: "#/properties/http/additionalProperties", keyword: "additionalProperties", params: { additionalProperty: key3 } };
            vErrors === null ? vErrors = [err17] : vErrors.push(err17), errors++;
          }
        if (data8.listen !== void 0) {
          let data9 = data8.listen;
          if (typeof data9 == "string") {
            if (!pattern19.test(data9)) {
              let err18 = { instancePath: instancePath + "/http/listen", schemaPath: "#/properties/http/properties/listen/pattern", keyword: "pattern", params: { pattern: "\\S" } };
              vErrors === null ? vErrors = [err18] : vErrors.push(err18), errors++;
            }
          } else {
            let err19 = { instancePath: instancePath + "/http/listen", schemaPath: "#/properties/http/properties/listen/type", keyword: "type", params: { type: "string" } };
            vErrors === null ? vErrors = [err19] : vErrors.push(err19), errors++;
          }
        }
        if (data8["https-listen"] !== void 0) {
          let data10 = data8["https-listen"];
          if (typeof data10 == "string") {
            if (!pattern19.test(data10)) {
              let err20 = { instancePath: instancePath + "/http/https-listen", schemaPath: "#/properties/http/properties/https-listen/pattern", keyword: "pattern", params: { pattern: "\\S" } };
              vErrors === null ? vErrors = [err20] : vErrors.push(err20), errors++;
            }
          } else {
            let err21 = { instancePath: instancePath + "/http/https-listen", schemaPath: "#/properties/http/properties/https-listen/type", keyword: "type", params: { type: "string" } };
            vErrors === null ? vErrors = [err21] : vErrors.push(err21), errors++;
          }
        }
        if (data8.names !== void 0) {
          let data11 = data8.names;
          if (typeof data11 == "string") {
            if (!pattern19.test(data11)) {
              let err22 = { instancePath: instancePath + "/http/names", schemaPath: "#/properties/http/properties/names/pattern", keyword: "pattern", params: { pattern: "\\S" } };
              vErrors === null ? vErrors = [err22] : vErrors.push(err22), errors++;
            }
          } else {
            let err23 = { instancePath: instancePath + "/http/names", schemaPath: "#/properties/http/properties/names/type", keyword: "type", params: { type: "string" } };
            vErrors === null ? vErrors = [err23] : vErrors.push(err23), errors++;
          }
        }
      } else {
        let err24 = { instancePath: instancePath + "/http", schemaPath: "#/properties/http/type", keyword: "type", params: { type: "object" } };
        vErrors === null ? vErrors = [err24] : vErrors.push(err24), errors++;
      }
    }
    if (data.telemetry !== void 0) {
      let data12 = data.telemetry;
      if (data12 && typeof data12 == "object" && !Array.isArray(data12)) {
        for (let key4 in data12)
          if (key4 !== "zero-series") {
            let err25 = { instancePath: instancePath + "/telemetry", schemaPath: "#/properties/telemetry/additionalProperties", keyword: "additionalProperties", params: { additionalProperty: key4 } };
            vErrors === null ? vErrors = [err25] : vErrors.push(err25), errors++;
          }
        if (data12["zero-series"] !== void 0 && typeof data12["zero-series"] != "boolean") {
          let err26 = { instancePath: instancePath + "/telemetry/zero-series", schemaPath: "#/properties/telemetry/properties/zero-series/type", keyword: "type", params: { type: "boolean" } };
          vErrors === null ? vErrors = [err26] : vErrors.push(err26), errors++;
        }
      } else {
        let err27 = { instancePath: instancePath + "/telemetry", schemaPath: "#/properties/telemetry/type", keyword: "type", params: { type: "object" } };
        vErrors === null ? vErrors = [err27] : vErrors.push(err27), errors++;
      }
    }
    if (data.update !== void 0) {
      let data14 = data.update;
      if (data14 && typeof data14 == "object" && !Array.isArray(data14)) {
        for (let key5 in data14)
          if (!(key5 === "confirm-timeout" || key5 === "trial-stable" || key5 === "trial-timeout" || key5 === "route-tolerance" || key5 === "minimum-version" || key5 === "allow-older-builds")) {
            let err28 = { instancePath: instancePath + "/update", schemaPath: "#/properties/update/additionalProperties", keyword: "additionalProperties", params: { additionalProperty: key5 } };
            vErrors === null ? vErrors = [err28] : vErrors.push(err28), errors++;
          }
        if (data14["confirm-timeout"] !== void 0) {
          let data15 = data14["confirm-timeout"];
          if (!(typeof data15 == "number" && !(data15 % 1) && !isNaN(data15) && isFinite(data15))) {
            let err29 = { instancePath: instancePath + "/update/confirm-timeout", schemaPath: "#/properties/update/properties/confirm-timeout/type", keyword: "type", params: { type: "integer" } };
            vErrors === null ? vErrors = [err29] : vErrors.push(err29), errors++;
          }
          if (typeof data15 == "number" && isFinite(data15)) {
            if (data15 > 3600 || isNaN(data15)) {
              let err30 = { instancePath: instancePath + "/update/confirm-timeout", schemaPath: "#/properties/update/properties/confirm-timeout/maximum", keyword: "maximum", params: { comparison: "<=", limit: 3600 } };
              vErrors === null ? vErrors = [err30] : vErrors.push(err30), errors++;
            }
            if (data15 < 5 || isNaN(data15)) {
              let err31 = { instancePath: instancePath + "/update/confirm-timeout", schemaPath: "#/properties/update/properties/confirm-timeout/minimum", keyword: "minimum", params: { comparison: ">=", limit: 5 } };
              vErrors === null ? vErrors = [err31] : vErrors.push(err31), errors++;
            }
          }
        }
        if (data14["trial-stable"] !== void 0) {
          let data16 = data14["trial-stable"];
          if (!(typeof data16 == "number" && !(data16 % 1) && !isNaN(data16) && isFinite(data16))) {
            let err32 = { instancePath: instancePath + "/update/trial-stable", schemaPath: "#/properties/update/properties/trial-stable/type", keyword: "type", params: { type: "integer" } };
            vErrors === null ? vErrors = [err32] : vErrors.push(err32), errors++;
          }
          if (typeof data16 == "number" && isFinite(data16)) {
            if (data16 > 3600 || isNaN(data16)) {
              let err33 = { instancePath: instancePath + "/update/trial-stable", schemaPath: "#/properties/update/properties/trial-stable/maximum", keyword: "maximum", params: { comparison: "<=", limit: 3600 } };
              vErrors === null ? vErrors = [err33] : vErrors.push(err33), errors++;
            }
            if (data16 < 1 || isNaN(data16)) {
              let err34 = { instancePath: instancePath + "/update/trial-stable", schemaPath: "#/properties/update/properties/trial-stable/minimum", keyword: "minimum", params: { comparison: ">=", limit: 1 } };
              vErrors === null ? vErrors = [err34] : vErrors.push(err34), errors++;
            }
          }
        }
        if (data14["trial-timeout"] !== void 0) {
          let data17 = data14["trial-timeout"];
          if (!(typeof data17 == "number" && !(data17 % 1) && !isNaN(data17) && isFinite(data17))) {
            let err35 = { instancePath: instancePath + "/update/trial-timeout", schemaPath: "#/properties/update/properties/trial-timeout/type", keyword: "type", params: { type: "integer" } };
            vErrors === null ? vErrors = [err35] : vErrors.push(err35), errors++;
          }
          if (typeof data17 == "number" && isFinite(data17)) {
            if (data17 > 86400 || isNaN(data17)) {
              let err36 = { instancePath: instancePath + "/update/trial-timeout", schemaPath: "#/properties/update/properties/trial-timeout/maximum", keyword: "maximum", params: { comparison: "<=", limit: 86400 } };
              vErrors === null ? vErrors = [err36] : vErrors.push(err36), errors++;
            }
            if (data17 < 10 || isNaN(data17)) {
              let err37 = { instancePath: instancePath + "/update/trial-timeout", schemaPath: "#/properties/update/properties/trial-timeout/minimum", keyword: "minimum", params: { comparison: ">=", limit: 10 } };
              vErrors === null ? vErrors = [err37] : vErrors.push(err37), errors++;
            }
          }
        }
        if (data14["route-tolerance"] !== void 0) {
          let data18 = data14["route-tolerance"];
          if (!(typeof data18 == "number" && !(data18 % 1) && !isNaN(data18) && isFinite(data18))) {
            let err38 = { instancePath: instancePath + "/update/route-tolerance", schemaPath: "#/properties/update/properties/route-tolerance/type", keyword: "type", params: { type: "integer" } };
            vErrors === null ? vErrors = [err38] : vErrors.push(err38), errors++;
          }
          if (typeof data18 == "number" && isFinite(data18)) {
            if (data18 > 100 || isNaN(data18)) {
              let err39 = { instancePath: instancePath + "/update/route-tolerance", schemaPath: "#/properties/update/properties/route-tolerance/maximum", keyword: "maximum", params: { comparison: "<=", limit: 100 } };
              vErrors === null ? vErrors = [err39] : vErrors.push(err39), errors++;
            }
            if (data18 < 0 || isNaN(data18)) {
              let err40 = { instancePath: instancePath + "/update/route-tolerance", schemaPath: "#/properties/update/properties/route-tolerance/minimum", keyword: "minimum", params: { comparison: ">=", limit: 0 } };
              vErrors === null ? vErrors = [err40] : vErrors.push(err40), errors++;
            }
          }
        }
        if (data14["minimum-version"] !== void 0) {
          let data19 = data14["minimum-version"];
          if (typeof data19 == "string") {
            if (!pattern26.test(data19)) {
              let err41 = { instancePath: instancePath + "/update/minimum-version", schemaPath: "#/properties/update/properties/minimum-version/pattern", keyword: "pattern", params: { pattern: "^(?=.{1,64}$)(0|[1-9][0-9]{0,8})\\.(0|[1-9][0-9]{0,8})\\.(0|[1-9][0-9]{0,8})(-[a-z0-9]+(\\.[a-z0-9]+)*)?$" } };
              vErrors === null ? vErrors = [err41] : vErrors.push(err41), errors++;
            }
          } else {
            let err42 = { instancePath: instancePath + "/update/minimum-version", schemaPath: "#/properties/update/properties/minimum-version/type", keyword: "type", params: { type: "string" } };
            vErrors === null ? vErrors = [err42] : vErrors.push(err42), errors++;
          }
        }
        if (data14["allow-older-builds"] !== void 0 && typeof data14["allow-older-builds"] != "boolean") {
          let err43 = { instancePath: instancePath + "/update/allow-older-builds", schemaPath: "#/properties/update/properties/allow-older-builds/type", keyword: "type", params: { type: "boolean" } };
          vErrors === null ? vErrors = [err43] : vErrors.push(err43), errors++;
        }
      } else {
        let err44 = { instancePath: instancePath + "/update", schemaPath: "#/properties/update/type", keyword: "type", params: { type: "object" } };
        vErrors === null ? vErrors = [err44] : vErrors.push(err44), errors++;
      }
    }
    if (data.watchdog !== void 0) {
      let data21 = data.watchdog;
      if (data21 && typeof data21 == "object" && !Array.isArray(data21)) {
        for (let key6 in data21)
          if (!(key6 === "enabled" || key6 === "timeout")) {
            let err45 = { instancePath: instancePath + "/watchdog", schemaPath: "#/properties/watchdog/additionalProperties", keyword: "additionalProperties", params: { additionalProperty: key6 } };
            vErrors === null ? vErrors = [err45] : vErrors.push(err45), errors++;
          }
        if (data21.enabled !== void 0 && typeof data21.enabled != "boolean") {
          let err46 = { instancePath: instancePath + "/watchdog/enabled", schemaPath: "#/properties/watchdog/properties/enabled/type", keyword: "type", params: { type: "boolean" } };
          vErrors === null ? vErrors = [err46] : vErrors.push(err46), errors++;
        }
        if (data21.timeout !== void 0) {
          let data23 = data21.timeout;
          if (!(typeof data23 == "number" && !(data23 % 1) && !isNaN(data23) && isFinite(data23))) {
            let err47 = { instancePath: instancePath + "/watchdog/timeout", schemaPath: "#/properties/watchdog/properties/timeout/type", keyword: "type", params: { type: "integer" } };
            vErrors === null ? vErrors = [err47] : vErrors.push(err47), errors++;
          }
          if (typeof data23 == "number" && isFinite(data23)) {
            if (data23 > 600 || isNaN(data23)) {
              let err48 = { instancePath: instancePath + "/watchdog/timeout", schemaPath: "#/properties/watchdog/properties/timeout/maximum", keyword: "maximum", params: { comparison: "<=", limit: 600 } };
              vErrors === null ? vErrors = [err48] : vErrors.push(err48), errors++;
            }
            if (data23 < 5 || isNaN(data23)) {
              let err49 = { instancePath: instancePath + "/watchdog/timeout", schemaPath: "#/properties/watchdog/properties/timeout/minimum", keyword: "minimum", params: { comparison: ">=", limit: 5 } };
              vErrors === null ? vErrors = [err49] : vErrors.push(err49), errors++;
            }
          }
        }
      } else {
        let err50 = { instancePath: instancePath + "/watchdog", schemaPath: "#/properties/watchdog/type", keyword: "type", params: { type: "object" } };
        vErrors === null ? vErrors = [err50] : vErrors.push(err50), errors++;
      }
    }
    if (data.log !== void 0) {
      let data24 = data.log;
      if (data24 && typeof data24 == "object" && !Array.isArray(data24)) {
        for (let key7 in data24)
          if (!(key7 === "syslog" || key7 === "disk-size")) {
            let err51 = { instancePath: instancePath + "/log", schemaPath: "#/properties/log/additionalProperties", keyword: "additionalProperties", params: { additionalProperty: key7 } };
            vErrors === null ? vErrors = [err51] : vErrors.push(err51), errors++;
          }
        if (data24.syslog !== void 0) {
          let data25 = data24.syslog;
          if (typeof data25 == "string") {
            if (!pattern19.test(data25)) {
              let err52 = { instancePath: instancePath + "/log/syslog", schemaPath: "#/properties/log/properties/syslog/pattern", keyword: "pattern", params: { pattern: "\\S" } };
              vErrors === null ? vErrors = [err52] : vErrors.push(err52), errors++;
            }
          } else {
            let err53 = { instancePath: instancePath + "/log/syslog", schemaPath: "#/properties/log/properties/syslog/type", keyword: "type", params: { type: "string" } };
            vErrors === null ? vErrors = [err53] : vErrors.push(err53), errors++;
          }
        }
        if (data24["disk-size"] !== void 0) {
          let data26 = data24["disk-size"];
          if (!(typeof data26 == "number" && !(data26 % 1) && !isNaN(data26) && isFinite(data26))) {
            let err54 = { instancePath: instancePath + "/log/disk-size", schemaPath: "#/properties/log/properties/disk-size/type", keyword: "type", params: { type: "integer" } };
            vErrors === null ? vErrors = [err54] : vErrors.push(err54), errors++;
          }
          if (typeof data26 == "number" && isFinite(data26)) {
            if (data26 > 17179869184 || isNaN(data26)) {
              let err55 = { instancePath: instancePath + "/log/disk-size", schemaPath: "#/properties/log/properties/disk-size/maximum", keyword: "maximum", params: { comparison: "<=", limit: 17179869184 } };
              vErrors === null ? vErrors = [err55] : vErrors.push(err55), errors++;
            }
            if (data26 < 1048576 || isNaN(data26)) {
              let err56 = { instancePath: instancePath + "/log/disk-size", schemaPath: "#/properties/log/properties/disk-size/minimum", keyword: "minimum", params: { comparison: ">=", limit: 1048576 } };
              vErrors === null ? vErrors = [err56] : vErrors.push(err56), errors++;
            }
          }
        }
      } else {
        let err57 = { instancePath: instancePath + "/log", schemaPath: "#/properties/log/type", keyword: "type", params: { type: "object" } };
        vErrors === null ? vErrors = [err57] : vErrors.push(err57), errors++;
      }
    }
    if (data.vpp !== void 0) {
      let data27 = data.vpp;
      if (data27 && typeof data27 == "object" && !Array.isArray(data27)) {
        for (let key8 in data27)
          if (!(key8 === "enabled" || key8 === "external" || key8 === "binary" || key8 === "start-timeout" || key8 === "answer-timeout" || key8 === "drift" || key8 === "api-socket")) {
            let err58 = { instancePath: instancePath + "/vpp", schemaPath: "#/properties/vpp/additionalProperties", keyword: "additionalProperties", params: { additionalProperty: key8 } };
            vErrors === null ? vErrors = [err58] : vErrors.push(err58), errors++;
          }
        if (data27.enabled !== void 0 && typeof data27.enabled != "boolean") {
          let err59 = { instancePath: instancePath + "/vpp/enabled", schemaPath: "#/properties/vpp/properties/enabled/type", keyword: "type", params: { type: "boolean" } };
          vErrors === null ? vErrors = [err59] : vErrors.push(err59), errors++;
        }
        if (data27.external !== void 0 && typeof data27.external != "boolean") {
          let err60 = { instancePath: instancePath + "/vpp/external", schemaPath: "#/properties/vpp/properties/external/type", keyword: "type", params: { type: "boolean" } };
          vErrors === null ? vErrors = [err60] : vErrors.push(err60), errors++;
        }
        if (data27.binary !== void 0) {
          let data30 = data27.binary;
          if (typeof data30 == "string") {
            if (!pattern28.test(data30)) {
              let err61 = { instancePath: instancePath + "/vpp/binary", schemaPath: "#/properties/vpp/properties/binary/pattern", keyword: "pattern", params: { pattern: "^(?!.*\\.\\.)/[^\\u0000-\\u001f\\u007f]{0,1022}[^\\u0000-\\u001f\\u007f/]$" } };
              vErrors === null ? vErrors = [err61] : vErrors.push(err61), errors++;
            }
          } else {
            let err62 = { instancePath: instancePath + "/vpp/binary", schemaPath: "#/properties/vpp/properties/binary/type", keyword: "type", params: { type: "string" } };
            vErrors === null ? vErrors = [err62] : vErrors.push(err62), errors++;
          }
        }
        if (data27["start-timeout"] !== void 0) {
          let data31 = data27["start-timeout"];
          if (!(typeof data31 == "number" && !(data31 % 1) && !isNaN(data31) && isFinite(data31))) {
            let err63 = { instancePath: instancePath + "/vpp/start-timeout", schemaPath: "#/properties/vpp/properties/start-timeout/type", keyword: "type", params: { type: "integer" } };
            vErrors === null ? vErrors = [err63] : vErrors.push(err63), errors++;
          }
          if (typeof data31 == "number" && isFinite(data31)) {
            if (data31 > 3600 || isNaN(data31)) {
              let err64 = { instancePath: instancePath + "/vpp/start-timeout", schemaPath: "#/properties/vpp/properties/start-timeout/maximum", keyword: "maximum", params: { comparison: "<=", limit: 3600 } };
              vErrors === null ? vErrors = [err64] : vErrors.push(err64), errors++;
            }
            if (data31 < 1 || isNaN(data31)) {
              let err65 = { instancePath: instancePath + "/vpp/start-timeout", schemaPath: "#/properties/vpp/properties/start-timeout/minimum", keyword: "minimum", params: { comparison: ">=", limit: 1 } };
              vErrors === null ? vErrors = [err65] : vErrors.push(err65), errors++;
            }
          }
        }
        if (data27["answer-timeout"] !== void 0) {
          let data32 = data27["answer-timeout"];
          if (!(typeof data32 == "number" && !(data32 % 1) && !isNaN(data32) && isFinite(data32))) {
            let err66 = { instancePath: instancePath + "/vpp/answer-timeout", schemaPath: "#/properties/vpp/properties/answer-timeout/type", keyword: "type", params: { type: "integer" } };
            vErrors === null ? vErrors = [err66] : vErrors.push(err66), errors++;
          }
          if (typeof data32 == "number" && isFinite(data32)) {
            if (data32 > 3600 || isNaN(data32)) {
              let err67 = { instancePath: instancePath + "/vpp/answer-timeout", schemaPath: "#/properties/vpp/properties/answer-timeout/maximum", keyword: "maximum", params: { comparison: "<=", limit: 3600 } };
              vErrors === null ? vErrors = [err67] : vErrors.push(err67), errors++;
            }
            if (data32 < 2 || isNaN(data32)) {
              let err68 = { instancePath: instancePath + "/vpp/answer-timeout", schemaPath: "#/properties/vpp/properties/answer-timeout/minimum", keyword: "minimum", params: { comparison: ">=", limit: 2 } };
              vErrors === null ? vErrors = [err68] : vErrors.push(err68), errors++;
            }
          }
        }
        if (data27.drift !== void 0) {
          let data33 = data27.drift;
          if (!(data33 === "repair" || data33 === "report")) {
            let err69 = { instancePath: instancePath + "/vpp/drift", schemaPath: "#/properties/vpp/properties/drift/enum", keyword: "enum", params: { allowedValues: schema11.properties.vpp.properties.drift.enum } };
            vErrors === null ? vErrors = [err69] : vErrors.push(err69), errors++;
          }
        }
        if (data27["api-socket"] !== void 0) {
          let data34 = data27["api-socket"];
          if (typeof data34 == "string") {
            if (!pattern29.test(data34)) {
              let err70 = { instancePath: instancePath + "/vpp/api-socket", schemaPath: "#/properties/vpp/properties/api-socket/pattern", keyword: "pattern", params: { pattern: `^(?!.*\\.\\.)/[^\\s\\u0000-\\u001f\\u007f{}#"'\\\\]*[^\\s\\u0000-\\u001f\\u007f{}#"'\\\\/]$` } };
              vErrors === null ? vErrors = [err70] : vErrors.push(err70), errors++;
            }
          } else {
            let err71 = { instancePath: instancePath + "/vpp/api-socket", schemaPath: "#/properties/vpp/properties/api-socket/type", keyword: "type", params: { type: "string" } };
            vErrors === null ? vErrors = [err71] : vErrors.push(err71), errors++;
          }
        }
      } else {
        let err72 = { instancePath: instancePath + "/vpp", schemaPath: "#/properties/vpp/type", keyword: "type", params: { type: "object" } };
        vErrors === null ? vErrors = [err72] : vErrors.push(err72), errors++;
      }
    }
    if (data["vpp.cpu"] !== void 0) {
      let data35 = data["vpp.cpu"];
      if (data35 && typeof data35 == "object" && !Array.isArray(data35)) {
        for (let key9 in data35)
          if (!(key9 === "main-core" || key9 === "workers" || key9 === "isolate")) {
            let err73 = { instancePath: instancePath + "/vpp.cpu", schemaPath: "#/properties/vpp.cpu/additionalProperties", keyword: "additionalProperties", params: { additionalProperty: key9 } };
            vErrors === null ? vErrors = [err73] : vErrors.push(err73), errors++;
          }
        if (data35["main-core"] !== void 0) {
          let data36 = data35["main-core"];
          if (!(typeof data36 == "number" && !(data36 % 1) && !isNaN(data36) && isFinite(data36))) {
            let err74 = { instancePath: instancePath + "/vpp.cpu/main-core", schemaPath: "#/properties/vpp.cpu/properties/main-core/type", keyword: "type", params: { type: "integer" } };
            vErrors === null ? vErrors = [err74] : vErrors.push(err74), errors++;
          }
          if (typeof data36 == "number" && isFinite(data36)) {
            if (data36 > 255 || isNaN(data36)) {
              let err75 = { instancePath: instancePath + "/vpp.cpu/main-core", schemaPath: "#/properties/vpp.cpu/properties/main-core/maximum", keyword: "maximum", params: { comparison: "<=", limit: 255 } };
              vErrors === null ? vErrors = [err75] : vErrors.push(err75), errors++;
            }
            if (data36 < 0 || isNaN(data36)) {
              let err76 = { instancePath: instancePath + "/vpp.cpu/main-core", schemaPath: "#/properties/vpp.cpu/properties/main-core/minimum", keyword: "minimum", params: { comparison: ">=", limit: 0 } };
              vErrors === null ? vErrors = [err76] : vErrors.push(err76), errors++;
            }
          }
        }
        if (data35.workers !== void 0) {
          let data37 = data35.workers;
          if (!(typeof data37 == "number" && !(data37 % 1) && !isNaN(data37) && isFinite(data37))) {
            let err77 = { instancePath: instancePath + "/vpp.cpu/workers", schemaPath: "#/properties/vpp.cpu/properties/workers/type", keyword: "type", params: { type: "integer" } };
            vErrors === null ? vErrors = [err77] : vErrors.push(err77), errors++;
          }
          if (typeof data37 == "number" && isFinite(data37)) {
            if (data37 > 255 || isNaN(data37)) {
              let err78 = { instancePath: instancePath + "/vpp.cpu/workers", schemaPath: "#/properties/vpp.cpu/properties/workers/maximum", keyword: "maximum", params: { comparison: "<=", limit: 255 } };
              vErrors === null ? vErrors = [err78] : vErrors.push(err78), errors++;
            }
            if (data37 < 0 || isNaN(data37)) {
              let err79 = { instancePath: instancePath + "/vpp.cpu/workers", schemaPath: "#/properties/vpp.cpu/properties/workers/minimum", keyword: "minimum", params: { comparison: ">=", limit: 0 } };
              vErrors === null ? vErrors = [err79] : vErrors.push(err79), errors++;
            }
          }
        }
        if (data35.isolate !== void 0 && typeof data35.isolate != "boolean") {
          let err80 = { instancePath: instancePath + "/vpp.cpu/isolate", schemaPath: "#/properties/vpp.cpu/properties/isolate/type", keyword: "type", params: { type: "boolean" } };
          vErrors === null ? vErrors = [err80] : vErrors.push(err80), errors++;
        }
      } else {
        let err81 = { instancePath: instancePath + "/vpp.cpu", schemaPath: "#/properties/vpp.cpu/type", keyword: "type", params: { type: "object" } };
        vErrors === null ? vErrors = [err81] : vErrors.push(err81), errors++;
      }
    }
    if (data["vpp.memory"] !== void 0) {
      let data39 = data["vpp.memory"];
      if (data39 && typeof data39 == "object" && !Array.isArray(data39)) {
        for (let key10 in data39)
          if (!(key10 === "main-heap" || key10 === "hugepage-size" || key10 === "buffers")) {
            let err82 = { instancePath: instancePath + "/vpp.memory", schemaPath: "#/properties/vpp.memory/additionalProperties", keyword: "additionalProperties", params: { additionalProperty: key10 } };
            vErrors === null ? vErrors = [err82] : vErrors.push(err82), errors++;
          }
        if (data39["main-heap"] !== void 0) {
          let data40 = data39["main-heap"];
          if (!(typeof data40 == "number" && !(data40 % 1) && !isNaN(data40) && isFinite(data40))) {
            let err83 = { instancePath: instancePath + "/vpp.memory/main-heap", schemaPath: "#/properties/vpp.memory/properties/main-heap/type", keyword: "type", params: { type: "integer" } };
            vErrors === null ? vErrors = [err83] : vErrors.push(err83), errors++;
          }
          if (typeof data40 == "number" && isFinite(data40)) {
            if (data40 > 274877906944 || isNaN(data40)) {
              let err84 = { instancePath: instancePath + "/vpp.memory/main-heap", schemaPath: "#/properties/vpp.memory/properties/main-heap/maximum", keyword: "maximum", params: { comparison: "<=", limit: 274877906944 } };
              vErrors === null ? vErrors = [err84] : vErrors.push(err84), errors++;
            }
            if (data40 < 268435456 || isNaN(data40)) {
              let err85 = { instancePath: instancePath + "/vpp.memory/main-heap", schemaPath: "#/properties/vpp.memory/properties/main-heap/minimum", keyword: "minimum", params: { comparison: ">=", limit: 268435456 } };
              vErrors === null ? vErrors = [err85] : vErrors.push(err85), errors++;
            }
          }
        }
        if (data39["hugepage-size"] !== void 0) {
          let data41 = data39["hugepage-size"];
          if (!(data41 === "2M" || data41 === "1G")) {
            let err86 = { instancePath: instancePath + "/vpp.memory/hugepage-size", schemaPath: "#/properties/vpp.memory/properties/hugepage-size/enum", keyword: "enum", params: { allowedValues: schema11.properties["vpp.memory"].properties["hugepage-size"].enum } };
            vErrors === null ? vErrors = [err86] : vErrors.push(err86), errors++;
          }
        }
        if (data39.buffers !== void 0) {
          let data42 = data39.buffers;
          if (!(typeof data42 == "number" && !(data42 % 1) && !isNaN(data42) && isFinite(data42))) {
            let err87 = { instancePath: instancePath + "/vpp.memory/buffers", schemaPath: "#/properties/vpp.memory/properties/buffers/type", keyword: "type", params: { type: "integer" } };
            vErrors === null ? vErrors = [err87] : vErrors.push(err87), errors++;
          }
          if (typeof data42 == "number" && isFinite(data42)) {
            if (data42 > 16777216 || isNaN(data42)) {
              let err88 = { instancePath: instancePath + "/vpp.memory/buffers", schemaPath: "#/properties/vpp.memory/properties/buffers/maximum", keyword: "maximum", params: { comparison: "<=", limit: 16777216 } };
              vErrors === null ? vErrors = [err88] : vErrors.push(err88), errors++;
            }
            if (data42 < 1024 || isNaN(data42)) {
              let err89 = { instancePath: instancePath + "/vpp.memory/buffers", schemaPath: "#/properties/vpp.memory/properties/buffers/minimum", keyword: "minimum", params: { comparison: ">=", limit: 1024 } };
              vErrors === null ? vErrors = [err89] : vErrors.push(err89), errors++;
            }
          }
        }
      } else {
        let err90 = { instancePath: instancePath + "/vpp.memory", schemaPath: "#/properties/vpp.memory/type", keyword: "type", params: { type: "object" } };
        vErrors === null ? vErrors = [err90] : vErrors.push(err90), errors++;
      }
    }
    if (data["vpp.dpdk"] !== void 0) {
      let data43 = data["vpp.dpdk"];
      if (data43 && typeof data43 == "object" && !Array.isArray(data43)) {
        for (let key11 in data43)
          if (key11 !== "unsafe-no-iommu") {
            let err91 = { instancePath: instancePath + "/vpp.dpdk", schemaPath: "#/properties/vpp.dpdk/additionalProperties", keyword: "additionalProperties", params: { additionalProperty: key11 } };
            vErrors === null ? vErrors = [err91] : vErrors.push(err91), errors++;
          }
        if (data43["unsafe-no-iommu"] !== void 0 && typeof data43["unsafe-no-iommu"] != "boolean") {
          let err92 = { instancePath: instancePath + "/vpp.dpdk/unsafe-no-iommu", schemaPath: "#/properties/vpp.dpdk/properties/unsafe-no-iommu/type", keyword: "type", params: { type: "boolean" } };
          vErrors === null ? vErrors = [err92] : vErrors.push(err92), errors++;
        }
      } else {
        let err93 = { instancePath: instancePath + "/vpp.dpdk", schemaPath: "#/properties/vpp.dpdk/type", keyword: "type", params: { type: "object" } };
        vErrors === null ? vErrors = [err93] : vErrors.push(err93), errors++;
      }
    }
    if (data["vpp.stats"] !== void 0) {
      let data45 = data["vpp.stats"];
      if (data45 && typeof data45 == "object" && !Array.isArray(data45)) {
        for (let key12 in data45)
          if (!(key12 === "segment-size" || key12 === "socket-path" || key12 === "poll-interval")) {
            let err94 = { instancePath: instancePath + "/vpp.stats", schemaPath: "#/properties/vpp.stats/additionalProperties", keyword: "additionalProperties", params: { additionalProperty: key12 } };
            vErrors === null ? vErrors = [err94] : vErrors.push(err94), errors++;
          }
        if (data45["segment-size"] !== void 0) {
          let data46 = data45["segment-size"];
          if (!(typeof data46 == "number" && !(data46 % 1) && !isNaN(data46) && isFinite(data46))) {
            let err95 = { instancePath: instancePath + "/vpp.stats/segment-size", schemaPath: "#/properties/vpp.stats/properties/segment-size/type", keyword: "type", params: { type: "integer" } };
            vErrors === null ? vErrors = [err95] : vErrors.push(err95), errors++;
          }
          if (typeof data46 == "number" && isFinite(data46)) {
            if (data46 > 68719476736 || isNaN(data46)) {
              let err96 = { instancePath: instancePath + "/vpp.stats/segment-size", schemaPath: "#/properties/vpp.stats/properties/segment-size/maximum", keyword: "maximum", params: { comparison: "<=", limit: 68719476736 } };
              vErrors === null ? vErrors = [err96] : vErrors.push(err96), errors++;
            }
            if (data46 < 33554432 || isNaN(data46)) {
              let err97 = { instancePath: instancePath + "/vpp.stats/segment-size", schemaPath: "#/properties/vpp.stats/properties/segment-size/minimum", keyword: "minimum", params: { comparison: ">=", limit: 33554432 } };
              vErrors === null ? vErrors = [err97] : vErrors.push(err97), errors++;
            }
          }
        }
        if (data45["socket-path"] !== void 0) {
          let data47 = data45["socket-path"];
          if (typeof data47 == "string") {
            if (!pattern29.test(data47)) {
              let err98 = { instancePath: instancePath + "/vpp.stats/socket-path", schemaPath: "#/properties/vpp.stats/properties/socket-path/pattern", keyword: "pattern", params: { pattern: `^(?!.*\\.\\.)/[^\\s\\u0000-\\u001f\\u007f{}#"'\\\\]*[^\\s\\u0000-\\u001f\\u007f{}#"'\\\\/]$` } };
              vErrors === null ? vErrors = [err98] : vErrors.push(err98), errors++;
            }
          } else {
            let err99 = { instancePath: instancePath + "/vpp.stats/socket-path", schemaPath: "#/properties/vpp.stats/properties/socket-path/type", keyword: "type", params: { type: "string" } };
            vErrors === null ? vErrors = [err99] : vErrors.push(err99), errors++;
          }
        }
        if (data45["poll-interval"] !== void 0) {
          let data48 = data45["poll-interval"];
          if (!(typeof data48 == "number" && !(data48 % 1) && !isNaN(data48) && isFinite(data48))) {
            let err100 = { instancePath: instancePath + "/vpp.stats/poll-interval", schemaPath: "#/properties/vpp.stats/properties/poll-interval/type", keyword: "type", params: { type: "integer" } };
            vErrors === null ? vErrors = [err100] : vErrors.push(err100), errors++;
          }
          if (typeof data48 == "number" && isFinite(data48)) {
            if (data48 > 3600 || isNaN(data48)) {
              let err101 = { instancePath: instancePath + "/vpp.stats/poll-interval", schemaPath: "#/properties/vpp.stats/properties/poll-interval/maximum", keyword: "maximum", params: { comparison: "<=", limit: 3600 } };
              vErrors === null ? vErrors = [err101] : vErrors.push(err101), errors++;
            }
            if (data48 < 1 || isNaN(data48)) {
              let err102 = { instancePath: instancePath + "/vpp.stats/poll-interval", schemaPath: "#/properties/vpp.stats/properties/poll-interval/minimum", keyword: "minimum", params: { comparison: ">=", limit: 1 } };
              vErrors === null ? vErrors = [err102] : vErrors.push(err102), errors++;
            }
          }
        }
      } else {
        let err103 = { instancePath: instancePath + "/vpp.stats", schemaPath: "#/properties/vpp.stats/type", keyword: "type", params: { type: "object" } };
        vErrors === null ? vErrors = [err103] : vErrors.push(err103), errors++;
      }
    }
    if (data["vpp.lcp"] !== void 0) {
      let data49 = data["vpp.lcp"];
      if (data49 && typeof data49 == "object" && !Array.isArray(data49)) {
        for (let key13 in data49)
          if (!(key13 === "enabled" || key13 === "sync" || key13 === "auto-subint" || key13 === "follow" || key13 === "netns")) {
            let err104 = { instancePath: instancePath + "/vpp.lcp", schemaPath: "#/properties/vpp.lcp/additionalProperties", keyword: "additionalProperties", params: { additionalProperty: key13 } };
            vErrors === null ? vErrors = [err104] : vErrors.push(err104), errors++;
          }
        if (data49.enabled !== void 0 && typeof data49.enabled != "boolean") {
          let err105 = { instancePath: instancePath + "/vpp.lcp/enabled", schemaPath: "#/properties/vpp.lcp/properties/enabled/type", keyword: "type", params: { type: "boolean" } };
          vErrors === null ? vErrors = [err105] : vErrors.push(err105), errors++;
        }
        if (data49.sync !== void 0 && typeof data49.sync != "boolean") {
          let err106 = { instancePath: instancePath + "/vpp.lcp/sync", schemaPath: "#/properties/vpp.lcp/properties/sync/type", keyword: "type", params: { type: "boolean" } };
          vErrors === null ? vErrors = [err106] : vErrors.push(err106), errors++;
        }
        if (data49["auto-subint"] !== void 0 && typeof data49["auto-subint"] != "boolean") {
          let err107 = { instancePath: instancePath + "/vpp.lcp/auto-subint", schemaPath: "#/properties/vpp.lcp/properties/auto-subint/type", keyword: "type", params: { type: "boolean" } };
          vErrors === null ? vErrors = [err107] : vErrors.push(err107), errors++;
        }
        if (data49.follow !== void 0 && typeof data49.follow != "boolean") {
          let err108 = { instancePath: instancePath + "/vpp.lcp/follow", schemaPath: "#/properties/vpp.lcp/properties/follow/type", keyword: "type", params: { type: "boolean" } };
          vErrors === null ? vErrors = [err108] : vErrors.push(err108), errors++;
        }
        if (data49.netns !== void 0) {
          let data54 = data49.netns;
          if (typeof data54 == "string") {
            if (!pattern31.test(data54)) {
              let err109 = { instancePath: instancePath + "/vpp.lcp/netns", schemaPath: "#/properties/vpp.lcp/properties/netns/pattern", keyword: "pattern", params: { pattern: "^(?!\\.{1,2}$)[A-Za-z0-9_.-]{1,31}$" } };
              vErrors === null ? vErrors = [err109] : vErrors.push(err109), errors++;
            }
          } else {
            let err110 = { instancePath: instancePath + "/vpp.lcp/netns", schemaPath: "#/properties/vpp.lcp/properties/netns/type", keyword: "type", params: { type: "string" } };
            vErrors === null ? vErrors = [err110] : vErrors.push(err110), errors++;
          }
        }
      } else {
        let err111 = { instancePath: instancePath + "/vpp.lcp", schemaPath: "#/properties/vpp.lcp/type", keyword: "type", params: { type: "object" } };
        vErrors === null ? vErrors = [err111] : vErrors.push(err111), errors++;
      }
    }
    if (data["vpp.neighbors"] !== void 0) {
      let data55 = data["vpp.neighbors"];
      if (data55 && typeof data55 == "object" && !Array.isArray(data55)) {
        for (let key14 in data55)
          if (!(key14 === "max-number" || key14 === "max-age" || key14 === "recycle")) {
            let err112 = { instancePath: instancePath + "/vpp.neighbors", schemaPath: "#/properties/vpp.neighbors/additionalProperties", keyword: "additionalProperties", params: { additionalProperty: key14 } };
            vErrors === null ? vErrors = [err112] : vErrors.push(err112), errors++;
          }
        if (data55["max-number"] !== void 0) {
          let data56 = data55["max-number"];
          if (!(typeof data56 == "number" && !(data56 % 1) && !isNaN(data56) && isFinite(data56))) {
            let err113 = { instancePath: instancePath + "/vpp.neighbors/max-number", schemaPath: "#/properties/vpp.neighbors/properties/max-number/type", keyword: "type", params: { type: "integer" } };
            vErrors === null ? vErrors = [err113] : vErrors.push(err113), errors++;
          }
          if (typeof data56 == "number" && isFinite(data56)) {
            if (data56 > 1e6 || isNaN(data56)) {
              let err114 = { instancePath: instancePath + "/vpp.neighbors/max-number", schemaPath: "#/properties/vpp.neighbors/properties/max-number/maximum", keyword: "maximum", params: { comparison: "<=", limit: 1e6 } };
              vErrors === null ? vErrors = [err114] : vErrors.push(err114), errors++;
            }
            if (data56 < 64 || isNaN(data56)) {
              let err115 = { instancePath: instancePath + "/vpp.neighbors/max-number", schemaPath: "#/properties/vpp.neighbors/properties/max-number/minimum", keyword: "minimum", params: { comparison: ">=", limit: 64 } };
              vErrors === null ? vErrors = [err115] : vErrors.push(err115), errors++;
            }
          }
        }
        if (data55["max-age"] !== void 0) {
          let data57 = data55["max-age"];
          if (!(typeof data57 == "number" && !(data57 % 1) && !isNaN(data57) && isFinite(data57))) {
            let err116 = { instancePath: instancePath + "/vpp.neighbors/max-age", schemaPath: "#/properties/vpp.neighbors/properties/max-age/type", keyword: "type", params: { type: "integer" } };
            vErrors === null ? vErrors = [err116] : vErrors.push(err116), errors++;
          }
          if (typeof data57 == "number" && isFinite(data57)) {
            if (data57 > 86400 || isNaN(data57)) {
              let err117 = { instancePath: instancePath + "/vpp.neighbors/max-age", schemaPath: "#/properties/vpp.neighbors/properties/max-age/maximum", keyword: "maximum", params: { comparison: "<=", limit: 86400 } };
              vErrors === null ? vErrors = [err117] : vErrors.push(err117), errors++;
            }
            if (data57 < 0 || isNaN(data57)) {
              let err118 = { instancePath: instancePath + "/vpp.neighbors/max-age", schemaPath: "#/properties/vpp.neighbors/properties/max-age/minimum", keyword: "minimum", params: { comparison: ">=", limit: 0 } };
              vErrors === null ? vErrors = [err118] : vErrors.push(err118), errors++;
            }
          }
        }
        if (data55.recycle !== void 0 && typeof data55.recycle != "boolean") {
          let err119 = { instancePath: instancePath + "/vpp.neighbors/recycle", schemaPath: "#/properties/vpp.neighbors/properties/recycle/type", keyword: "type", params: { type: "boolean" } };
          vErrors === null ? vErrors = [err119] : vErrors.push(err119), errors++;
        }
      } else {
        let err120 = { instancePath: instancePath + "/vpp.neighbors", schemaPath: "#/properties/vpp.neighbors/type", keyword: "type", params: { type: "object" } };
        vErrors === null ? vErrors = [err120] : vErrors.push(err120), errors++;
      }
    }
    if (data["fib.vpp"] !== void 0) {
      let data59 = data["fib.vpp"];
      if (data59 && typeof data59 == "object" && !Array.isArray(data59)) {
        for (let key15 in data59)
          if (!(key15 === "enabled" || key15 === "table-id" || key15 === "batch-size" || key15 === "batch-interval-ms" || key15 === "verify")) {
            let err121 = { instancePath: instancePath + "/fib.vpp", schemaPath: "#/properties/fib.vpp/additionalProperties", keyword: "additionalProperties", params: { additionalProperty: key15 } };
            vErrors === null ? vErrors = [err121] : vErrors.push(err121), errors++;
          }
        if (data59.enabled !== void 0 && typeof data59.enabled != "boolean") {
          let err122 = { instancePath: instancePath + "/fib.vpp/enabled", schemaPath: "#/properties/fib.vpp/properties/enabled/type", keyword: "type", params: { type: "boolean" } };
          vErrors === null ? vErrors = [err122] : vErrors.push(err122), errors++;
        }
        if (data59["table-id"] !== void 0) {
          let data61 = data59["table-id"];
          if (!(typeof data61 == "number" && !(data61 % 1) && !isNaN(data61) && isFinite(data61))) {
            let err123 = { instancePath: instancePath + "/fib.vpp/table-id", schemaPath: "#/properties/fib.vpp/properties/table-id/type", keyword: "type", params: { type: "integer" } };
            vErrors === null ? vErrors = [err123] : vErrors.push(err123), errors++;
          }
          if (typeof data61 == "number" && isFinite(data61)) {
            if (data61 > 4294967295 || isNaN(data61)) {
              let err124 = { instancePath: instancePath + "/fib.vpp/table-id", schemaPath: "#/properties/fib.vpp/properties/table-id/maximum", keyword: "maximum", params: { comparison: "<=", limit: 4294967295 } };
              vErrors === null ? vErrors = [err124] : vErrors.push(err124), errors++;
            }
            if (data61 < 0 || isNaN(data61)) {
              let err125 = { instancePath: instancePath + "/fib.vpp/table-id", schemaPath: "#/properties/fib.vpp/properties/table-id/minimum", keyword: "minimum", params: { comparison: ">=", limit: 0 } };
              vErrors === null ? vErrors = [err125] : vErrors.push(err125), errors++;
            }
          }
        }
        if (data59["batch-size"] !== void 0) {
          let data62 = data59["batch-size"];
          if (!(typeof data62 == "number" && !(data62 % 1) && !isNaN(data62) && isFinite(data62))) {
            let err126 = { instancePath: instancePath + "/fib.vpp/batch-size", schemaPath: "#/properties/fib.vpp/properties/batch-size/type", keyword: "type", params: { type: "integer" } };
            vErrors === null ? vErrors = [err126] : vErrors.push(err126), errors++;
          }
          if (typeof data62 == "number" && isFinite(data62)) {
            if (data62 > 65535 || isNaN(data62)) {
              let err127 = { instancePath: instancePath + "/fib.vpp/batch-size", schemaPath: "#/properties/fib.vpp/properties/batch-size/maximum", keyword: "maximum", params: { comparison: "<=", limit: 65535 } };
              vErrors === null ? vErrors = [err127] : vErrors.push(err127), errors++;
            }
            if (data62 < 1 || isNaN(data62)) {
              let err128 = { instancePath: instancePath + "/fib.vpp/batch-size", schemaPath: "#/properties/fib.vpp/properties/batch-size/minimum", keyword: "minimum", params: { comparison: ">=", limit: 1 } };
              vErrors === null ? vErrors = [err128] : vErrors.push(err128), errors++;
            }
          }
        }
        if (data59["batch-interval-ms"] !== void 0) {
          let data63 = data59["batch-interval-ms"];
          if (!(typeof data63 == "number" && !(data63 % 1) && !isNaN(data63) && isFinite(data63))) {
            let err129 = { instancePath: instancePath + "/fib.vpp/batch-interval-ms", schemaPath: "#/properties/fib.vpp/properties/batch-interval-ms/type", keyword: "type", params: { type: "integer" } };
            vErrors === null ? vErrors = [err129] : vErrors.push(err129), errors++;
          }
          if (typeof data63 == "number" && isFinite(data63)) {
            if (data63 > 6e4 || isNaN(data63)) {
              let err130 = { instancePath: instancePath + "/fib.vpp/batch-interval-ms", schemaPath: "#/properties/fib.vpp/properties/batch-interval-ms/maximum", keyword: "maximum", params: { comparison: "<=", limit: 6e4 } };
              vErrors === null ? vErrors = [err130] : vErrors.push(err130), errors++;
            }
            if (data63 < 0 || isNaN(data63)) {
              let err131 = { instancePath: instancePath + "/fib.vpp/batch-interval-ms", schemaPath: "#/properties/fib.vpp/properties/batch-interval-ms/minimum", keyword: "minimum", params: { comparison: ">=", limit: 0 } };
              vErrors === null ? vErrors = [err131] : vErrors.push(err131), errors++;
            }
          }
        }
        if (data59.verify !== void 0) {
          let data64 = data59.verify;
          if (!(data64 === "sample" || data64 === "all" || data64 === "answered")) {
            let err132 = { instancePath: instancePath + "/fib.vpp/verify", schemaPath: "#/properties/fib.vpp/properties/verify/enum", keyword: "enum", params: { allowedValues: schema11.properties["fib.vpp"].properties.verify.enum } };
            vErrors === null ? vErrors = [err132] : vErrors.push(err132), errors++;
          }
        }
      } else {
        let err133 = { instancePath: instancePath + "/fib.vpp", schemaPath: "#/properties/fib.vpp/type", keyword: "type", params: { type: "object" } };
        vErrors === null ? vErrors = [err133] : vErrors.push(err133), errors++;
      }
    }
    if (data["fib.kernel"] !== void 0) {
      let data65 = data["fib.kernel"];
      if (data65 && typeof data65 == "object" && !Array.isArray(data65)) {
        for (let key16 in data65)
          if (!(key16 === "enabled" || key16 === "table-id" || key16 === "netns" || key16 === "metric" || key16 === "import" || key16 === "import-distance")) {
            let err134 = { instancePath: instancePath + "/fib.kernel", schemaPath: "#/properties/fib.kernel/additionalProperties", keyword: "additionalProperties", params: { additionalProperty: key16 } };
            vErrors === null ? vErrors = [err134] : vErrors.push(err134), errors++;
          }
        if (data65.enabled !== void 0 && typeof data65.enabled != "boolean") {
          let err135 = { instancePath: instancePath + "/fib.kernel/enabled", schemaPath: "#/properties/fib.kernel/properties/enabled/type", keyword: "type", params: { type: "boolean" } };
          vErrors === null ? vErrors = [err135] : vErrors.push(err135), errors++;
        }
        if (data65["table-id"] !== void 0) {
          let data67 = data65["table-id"];
          if (!(typeof data67 == "number" && !(data67 % 1) && !isNaN(data67) && isFinite(data67))) {
            let err136 = { instancePath: instancePath + "/fib.kernel/table-id", schemaPath: "#/properties/fib.kernel/properties/table-id/type", keyword: "type", params: { type: "integer" } };
            vErrors === null ? vErrors = [err136] : vErrors.push(err136), errors++;
          }
          if (typeof data67 == "number" && isFinite(data67)) {
            if (data67 > 4294967295 || isNaN(data67)) {
              let err137 = { instancePath: instancePath + "/fib.kernel/table-id", schemaPath: "#/properties/fib.kernel/properties/table-id/maximum", keyword: "maximum", params: { comparison: "<=", limit: 4294967295 } };
              vErrors === null ? vErrors = [err137] : vErrors.push(err137), errors++;
            }
            if (data67 < 1 || isNaN(data67)) {
              let err138 = { instancePath: instancePath + "/fib.kernel/table-id", schemaPath: "#/properties/fib.kernel/properties/table-id/minimum", keyword: "minimum", params: { comparison: ">=", limit: 1 } };
              vErrors === null ? vErrors = [err138] : vErrors.push(err138), errors++;
            }
          }
        }
        if (data65.netns !== void 0) {
          let data68 = data65.netns;
          if (typeof data68 == "string") {
            if (!pattern31.test(data68)) {
              let err139 = { instancePath: instancePath + "/fib.kernel/netns", schemaPath: "#/properties/fib.kernel/properties/netns/pattern", keyword: "pattern", params: { pattern: "^(?!\\.{1,2}$)[A-Za-z0-9_.-]{1,31}$" } };
              vErrors === null ? vErrors = [err139] : vErrors.push(err139), errors++;
            }
          } else {
            let err140 = { instancePath: instancePath + "/fib.kernel/netns", schemaPath: "#/properties/fib.kernel/properties/netns/type", keyword: "type", params: { type: "string" } };
            vErrors === null ? vErrors = [err140] : vErrors.push(err140), errors++;
          }
        }
        if (data65.metric !== void 0) {
          let data69 = data65.metric;
          if (!(typeof data69 == "number" && !(data69 % 1) && !isNaN(data69) && isFinite(data69))) {
            let err141 = { instancePath: instancePath + "/fib.kernel/metric", schemaPath: "#/properties/fib.kernel/properties/metric/type", keyword: "type", params: { type: "integer" } };
            vErrors === null ? vErrors = [err141] : vErrors.push(err141), errors++;
          }
          if (typeof data69 == "number" && isFinite(data69)) {
            if (data69 > 4294967295 || isNaN(data69)) {
              let err142 = { instancePath: instancePath + "/fib.kernel/metric", schemaPath: "#/properties/fib.kernel/properties/metric/maximum", keyword: "maximum", params: { comparison: "<=", limit: 4294967295 } };
              vErrors === null ? vErrors = [err142] : vErrors.push(err142), errors++;
            }
            if (data69 < 1 || isNaN(data69)) {
              let err143 = { instancePath: instancePath + "/fib.kernel/metric", schemaPath: "#/properties/fib.kernel/properties/metric/minimum", keyword: "minimum", params: { comparison: ">=", limit: 1 } };
              vErrors === null ? vErrors = [err143] : vErrors.push(err143), errors++;
            }
          }
        }
        if (data65.import !== void 0 && typeof data65.import != "boolean") {
          let err144 = { instancePath: instancePath + "/fib.kernel/import", schemaPath: "#/properties/fib.kernel/properties/import/type", keyword: "type", params: { type: "boolean" } };
          vErrors === null ? vErrors = [err144] : vErrors.push(err144), errors++;
        }
        if (data65["import-distance"] !== void 0) {
          let data71 = data65["import-distance"];
          if (!(typeof data71 == "number" && !(data71 % 1) && !isNaN(data71) && isFinite(data71))) {
            let err145 = { instancePath: instancePath + "/fib.kernel/import-distance", schemaPath: "#/properties/fib.kernel/properties/import-distance/type", keyword: "type", params: { type: "integer" } };
            vErrors === null ? vErrors = [err145] : vErrors.push(err145), errors++;
          }
          if (typeof data71 == "number" && isFinite(data71)) {
            if (data71 > 255 || isNaN(data71)) {
              let err146 = { instancePath: instancePath + "/fib.kernel/import-distance", schemaPath: "#/properties/fib.kernel/properties/import-distance/maximum", keyword: "maximum", params: { comparison: "<=", limit: 255 } };
              vErrors === null ? vErrors = [err146] : vErrors.push(err146), errors++;
            }
            if (data71 < 1 || isNaN(data71)) {
              let err147 = { instancePath: instancePath + "/fib.kernel/import-distance", schemaPath: "#/properties/fib.kernel/properties/import-distance/minimum", keyword: "minimum", params: { comparison: ">=", limit: 1 } };
              vErrors === null ? vErrors = [err147] : vErrors.push(err147), errors++;
            }
          }
        }
      } else {
        let err148 = { instancePath: instancePath + "/fib.kernel", schemaPath: "#/properties/fib.kernel/type", keyword: "type", params: { type: "object" } };
        vErrors === null ? vErrors = [err148] : vErrors.push(err148), errors++;
      }
    }
    if (data.bgp !== void 0) {
      let data72 = data.bgp;
      if (data72 && typeof data72 == "object" && !Array.isArray(data72)) {
        for (let key17 in data72)
          if (!(key17 === "as" || key17 === "router-id" || key17 === "listen")) {
            let err149 = { instancePath: instancePath + "/bgp", schemaPath: "#/properties/bgp/additionalProperties", keyword: "additionalProperties", params: { additionalProperty: key17 } };
            vErrors === null ? vErrors = [err149] : vErrors.push(err149), errors++;
          }
        if (data72.as !== void 0) {
          let data73 = data72.as;
          if (!(typeof data73 == "number" && !(data73 % 1) && !isNaN(data73) && isFinite(data73))) {
            let err150 = { instancePath: instancePath + "/bgp/as", schemaPath: "#/properties/bgp/properties/as/type", keyword: "type", params: { type: "integer" } };
            vErrors === null ? vErrors = [err150] : vErrors.push(err150), errors++;
          }
          if (typeof data73 == "number" && isFinite(data73)) {
            if (data73 > 4294967295 || isNaN(data73)) {
              let err151 = { instancePath: instancePath + "/bgp/as", schemaPath: "#/properties/bgp/properties/as/maximum", keyword: "maximum", params: { comparison: "<=", limit: 4294967295 } };
              vErrors === null ? vErrors = [err151] : vErrors.push(err151), errors++;
            }
            if (data73 < 1 || isNaN(data73)) {
              let err152 = { instancePath: instancePath + "/bgp/as", schemaPath: "#/properties/bgp/properties/as/minimum", keyword: "minimum", params: { comparison: ">=", limit: 1 } };
              vErrors === null ? vErrors = [err152] : vErrors.push(err152), errors++;
            }
          }
        }
        if (data72["router-id"] !== void 0) {
          let data74 = data72["router-id"];
          if (typeof data74 == "string") {
            if (!pattern19.test(data74)) {
              let err153 = { instancePath: instancePath + "/bgp/router-id", schemaPath: "#/properties/bgp/properties/router-id/pattern", keyword: "pattern", params: { pattern: "\\S" } };
              vErrors === null ? vErrors = [err153] : vErrors.push(err153), errors++;
            }
          } else {
            let err154 = { instancePath: instancePath + "/bgp/router-id", schemaPath: "#/properties/bgp/properties/router-id/type", keyword: "type", params: { type: "string" } };
            vErrors === null ? vErrors = [err154] : vErrors.push(err154), errors++;
          }
        }
        if (data72.listen !== void 0) {
          let data75 = data72.listen;
          if (typeof data75 == "string") {
            if (!pattern19.test(data75)) {
              let err155 = { instancePath: instancePath + "/bgp/listen", schemaPath: "#/properties/bgp/properties/listen/pattern", keyword: "pattern", params: { pattern: "\\S" } };
              vErrors === null ? vErrors = [err155] : vErrors.push(err155), errors++;
            }
          } else {
            let err156 = { instancePath: instancePath + "/bgp/listen", schemaPath: "#/properties/bgp/properties/listen/type", keyword: "type", params: { type: "string" } };
            vErrors === null ? vErrors = [err156] : vErrors.push(err156), errors++;
          }
        }
      } else {
        let err157 = { instancePath: instancePath + "/bgp", schemaPath: "#/properties/bgp/type", keyword: "type", params: { type: "object" } };
        vErrors === null ? vErrors = [err157] : vErrors.push(err157), errors++;
      }
    }
    if (data.nat44 !== void 0) {
      let data76 = data.nat44;
      if (data76 && typeof data76 == "object" && !Array.isArray(data76)) {
        for (let key18 in data76)
          if (!func2.call(schema11.properties.nat44.properties, key18)) {
            let err158 = { instancePath: instancePath + "/nat44", schemaPath: "#/properties/nat44/additionalProperties", keyword: "additionalProperties", params: { additionalProperty: key18 } };
            vErrors === null ? vErrors = [err158] : vErrors.push(err158), errors++;
          }
        if (data76.enabled !== void 0 && typeof data76.enabled != "boolean") {
          let err159 = { instancePath: instancePath + "/nat44/enabled", schemaPath: "#/properties/nat44/properties/enabled/type", keyword: "type", params: { type: "boolean" } };
          vErrors === null ? vErrors = [err159] : vErrors.push(err159), errors++;
        }
        if (data76.masquerade !== void 0) {
          let data78 = data76.masquerade;
          if (typeof data78 == "string") {
            if (!pattern19.test(data78)) {
              let err160 = { instancePath: instancePath + "/nat44/masquerade", schemaPath: "#/properties/nat44/properties/masquerade/pattern", keyword: "pattern", params: { pattern: "\\S" } };
              vErrors === null ? vErrors = [err160] : vErrors.push(err160), errors++;
            }
          } else {
            let err161 = { instancePath: instancePath + "/nat44/masquerade", schemaPath: "#/properties/nat44/properties/masquerade/type", keyword: "type", params: { type: "string" } };
            vErrors === null ? vErrors = [err161] : vErrors.push(err161), errors++;
          }
        }
        if (data76.pool !== void 0) {
          let data79 = data76.pool;
          if (typeof data79 == "string") {
            if (!pattern19.test(data79)) {
              let err162 = { instancePath: instancePath + "/nat44/pool", schemaPath: "#/properties/nat44/properties/pool/pattern", keyword: "pattern", params: { pattern: "\\S" } };
              vErrors === null ? vErrors = [err162] : vErrors.push(err162), errors++;
            }
          } else {
            let err163 = { instancePath: instancePath + "/nat44/pool", schemaPath: "#/properties/nat44/properties/pool/type", keyword: "type", params: { type: "string" } };
            vErrors === null ? vErrors = [err163] : vErrors.push(err163), errors++;
          }
        }
        if (data76["own-traffic"] !== void 0 && typeof data76["own-traffic"] != "boolean") {
          let err164 = { instancePath: instancePath + "/nat44/own-traffic", schemaPath: "#/properties/nat44/properties/own-traffic/type", keyword: "type", params: { type: "boolean" } };
          vErrors === null ? vErrors = [err164] : vErrors.push(err164), errors++;
        }
        if (data76.forwarding !== void 0 && typeof data76.forwarding != "boolean") {
          let err165 = { instancePath: instancePath + "/nat44/forwarding", schemaPath: "#/properties/nat44/properties/forwarding/type", keyword: "type", params: { type: "boolean" } };
          vErrors === null ? vErrors = [err165] : vErrors.push(err165), errors++;
        }
        if (data76.sessions !== void 0) {
          let data82 = data76.sessions;
          if (!(typeof data82 == "number" && !(data82 % 1) && !isNaN(data82) && isFinite(data82))) {
            let err166 = { instancePath: instancePath + "/nat44/sessions", schemaPath: "#/properties/nat44/properties/sessions/type", keyword: "type", params: { type: "integer" } };
            vErrors === null ? vErrors = [err166] : vErrors.push(err166), errors++;
          }
          if (typeof data82 == "number" && isFinite(data82)) {
            if (data82 > 8388608 || isNaN(data82)) {
              let err167 = { instancePath: instancePath + "/nat44/sessions", schemaPath: "#/properties/nat44/properties/sessions/maximum", keyword: "maximum", params: { comparison: "<=", limit: 8388608 } };
              vErrors === null ? vErrors = [err167] : vErrors.push(err167), errors++;
            }
            if (data82 < 1024 || isNaN(data82)) {
              let err168 = { instancePath: instancePath + "/nat44/sessions", schemaPath: "#/properties/nat44/properties/sessions/minimum", keyword: "minimum", params: { comparison: ">=", limit: 1024 } };
              vErrors === null ? vErrors = [err168] : vErrors.push(err168), errors++;
            }
          }
        }
        if (data76["udp-timeout"] !== void 0) {
          let data83 = data76["udp-timeout"];
          if (!(typeof data83 == "number" && !(data83 % 1) && !isNaN(data83) && isFinite(data83))) {
            let err169 = { instancePath: instancePath + "/nat44/udp-timeout", schemaPath: "#/properties/nat44/properties/udp-timeout/type", keyword: "type", params: { type: "integer" } };
            vErrors === null ? vErrors = [err169] : vErrors.push(err169), errors++;
          }
          if (typeof data83 == "number" && isFinite(data83)) {
            if (data83 > 604800 || isNaN(data83)) {
              let err170 = { instancePath: instancePath + "/nat44/udp-timeout", schemaPath: "#/properties/nat44/properties/udp-timeout/maximum", keyword: "maximum", params: { comparison: "<=", limit: 604800 } };
              vErrors === null ? vErrors = [err170] : vErrors.push(err170), errors++;
            }
            if (data83 < 1 || isNaN(data83)) {
              let err171 = { instancePath: instancePath + "/nat44/udp-timeout", schemaPath: "#/properties/nat44/properties/udp-timeout/minimum", keyword: "minimum", params: { comparison: ">=", limit: 1 } };
              vErrors === null ? vErrors = [err171] : vErrors.push(err171), errors++;
            }
          }
        }
        if (data76["tcp-established-timeout"] !== void 0) {
          let data84 = data76["tcp-established-timeout"];
          if (!(typeof data84 == "number" && !(data84 % 1) && !isNaN(data84) && isFinite(data84))) {
            let err172 = { instancePath: instancePath + "/nat44/tcp-established-timeout", schemaPath: "#/properties/nat44/properties/tcp-established-timeout/type", keyword: "type", params: { type: "integer" } };
            vErrors === null ? vErrors = [err172] : vErrors.push(err172), errors++;
          }
          if (typeof data84 == "number" && isFinite(data84)) {
            if (data84 > 604800 || isNaN(data84)) {
              let err173 = { instancePath: instancePath + "/nat44/tcp-established-timeout", schemaPath: "#/properties/nat44/properties/tcp-established-timeout/maximum", keyword: "maximum", params: { comparison: "<=", limit: 604800 } };
              vErrors === null ? vErrors = [err173] : vErrors.push(err173), errors++;
            }
            if (data84 < 1 || isNaN(data84)) {
              let err174 = { instancePath: instancePath + "/nat44/tcp-established-timeout", schemaPath: "#/properties/nat44/properties/tcp-established-timeout/minimum", keyword: "minimum", params: { comparison: ">=", limit: 1 } };
              vErrors === null ? vErrors = [err174] : vErrors.push(err174), errors++;
            }
          }
        }
        if (data76["tcp-transitory-timeout"] !== void 0) {
          let data85 = data76["tcp-transitory-timeout"];
          if (!(typeof data85 == "number" && !(data85 % 1) && !isNaN(data85) && isFinite(data85))) {
            let err175 = { instancePath: instancePath + "/nat44/tcp-transitory-timeout", schemaPath: "#/properties/nat44/properties/tcp-transitory-timeout/type", keyword: "type", params: { type: "integer" } };
            vErrors === null ? vErrors = [err175] : vErrors.push(err175), errors++;
          }
          if (typeof data85 == "number" && isFinite(data85)) {
            if (data85 > 604800 || isNaN(data85)) {
              let err176 = { instancePath: instancePath + "/nat44/tcp-transitory-timeout", schemaPath: "#/properties/nat44/properties/tcp-transitory-timeout/maximum", keyword: "maximum", params: { comparison: "<=", limit: 604800 } };
              vErrors === null ? vErrors = [err176] : vErrors.push(err176), errors++;
            }
            if (data85 < 1 || isNaN(data85)) {
              let err177 = { instancePath: instancePath + "/nat44/tcp-transitory-timeout", schemaPath: "#/properties/nat44/properties/tcp-transitory-timeout/minimum", keyword: "minimum", params: { comparison: ">=", limit: 1 } };
              vErrors === null ? vErrors = [err177] : vErrors.push(err177), errors++;
            }
          }
        }
        if (data76["icmp-timeout"] !== void 0) {
          let data86 = data76["icmp-timeout"];
          if (!(typeof data86 == "number" && !(data86 % 1) && !isNaN(data86) && isFinite(data86))) {
            let err178 = { instancePath: instancePath + "/nat44/icmp-timeout", schemaPath: "#/properties/nat44/properties/icmp-timeout/type", keyword: "type", params: { type: "integer" } };
            vErrors === null ? vErrors = [err178] : vErrors.push(err178), errors++;
          }
          if (typeof data86 == "number" && isFinite(data86)) {
            if (data86 > 604800 || isNaN(data86)) {
              let err179 = { instancePath: instancePath + "/nat44/icmp-timeout", schemaPath: "#/properties/nat44/properties/icmp-timeout/maximum", keyword: "maximum", params: { comparison: "<=", limit: 604800 } };
              vErrors === null ? vErrors = [err179] : vErrors.push(err179), errors++;
            }
            if (data86 < 1 || isNaN(data86)) {
              let err180 = { instancePath: instancePath + "/nat44/icmp-timeout", schemaPath: "#/properties/nat44/properties/icmp-timeout/minimum", keyword: "minimum", params: { comparison: ">=", limit: 1 } };
              vErrors === null ? vErrors = [err180] : vErrors.push(err180), errors++;
            }
          }
        }
        if (data76["mss-clamp"] !== void 0) {
          let data87 = data76["mss-clamp"];
          if (!(typeof data87 == "number" && !(data87 % 1) && !isNaN(data87) && isFinite(data87))) {
            let err181 = { instancePath: instancePath + "/nat44/mss-clamp", schemaPath: "#/properties/nat44/properties/mss-clamp/type", keyword: "type", params: { type: "integer" } };
            vErrors === null ? vErrors = [err181] : vErrors.push(err181), errors++;
          }
          if (typeof data87 == "number" && isFinite(data87)) {
            if (data87 > 9e3 || isNaN(data87)) {
              let err182 = { instancePath: instancePath + "/nat44/mss-clamp", schemaPath: "#/properties/nat44/properties/mss-clamp/maximum", keyword: "maximum", params: { comparison: "<=", limit: 9e3 } };
              vErrors === null ? vErrors = [err182] : vErrors.push(err182), errors++;
            }
            if (data87 < 536 || isNaN(data87)) {
              let err183 = { instancePath: instancePath + "/nat44/mss-clamp", schemaPath: "#/properties/nat44/properties/mss-clamp/minimum", keyword: "minimum", params: { comparison: ">=", limit: 536 } };
              vErrors === null ? vErrors = [err183] : vErrors.push(err183), errors++;
            }
          }
        }
      } else {
        let err184 = { instancePath: instancePath + "/nat44", schemaPath: "#/properties/nat44/type", keyword: "type", params: { type: "object" } };
        vErrors === null ? vErrors = [err184] : vErrors.push(err184), errors++;
      }
    }
    if (data.supervisor !== void 0) {
      let data88 = data.supervisor;
      if (data88 && typeof data88 == "object" && !Array.isArray(data88)) {
        for (let key19 in data88)
          if (!(key19 === "backoff-ms" || key19 === "backoff-max-ms" || key19 === "stable-ms" || key19 === "loop-after" || key19 === "loop-retry-ms")) {
            let err185 = { instancePath: instancePath + "/supervisor", schemaPath: "#/properties/supervisor/additionalProperties", keyword: "additionalProperties", params: { additionalProperty: key19 } };
            vErrors === null ? vErrors = [err185] : vErrors.push(err185), errors++;
          }
        if (data88["backoff-ms"] !== void 0) {
          let data89 = data88["backoff-ms"];
          if (!(typeof data89 == "number" && !(data89 % 1) && !isNaN(data89) && isFinite(data89))) {
            let err186 = { instancePath: instancePath + "/supervisor/backoff-ms", schemaPath: "#/properties/supervisor/properties/backoff-ms/type", keyword: "type", params: { type: "integer" } };
            vErrors === null ? vErrors = [err186] : vErrors.push(err186), errors++;
          }
          if (typeof data89 == "number" && isFinite(data89)) {
            if (data89 > 6e4 || isNaN(data89)) {
              let err187 = { instancePath: instancePath + "/supervisor/backoff-ms", schemaPath: "#/properties/supervisor/properties/backoff-ms/maximum", keyword: "maximum", params: { comparison: "<=", limit: 6e4 } };
              vErrors === null ? vErrors = [err187] : vErrors.push(err187), errors++;
            }
            if (data89 < 10 || isNaN(data89)) {
              let err188 = { instancePath: instancePath + "/supervisor/backoff-ms", schemaPath: "#/properties/supervisor/properties/backoff-ms/minimum", keyword: "minimum", params: { comparison: ">=", limit: 10 } };
              vErrors === null ? vErrors = [err188] : vErrors.push(err188), errors++;
            }
          }
        }
        if (data88["backoff-max-ms"] !== void 0) {
          let data90 = data88["backoff-max-ms"];
          if (!(typeof data90 == "number" && !(data90 % 1) && !isNaN(data90) && isFinite(data90))) {
            let err189 = { instancePath: instancePath + "/supervisor/backoff-max-ms", schemaPath: "#/properties/supervisor/properties/backoff-max-ms/type", keyword: "type", params: { type: "integer" } };
            vErrors === null ? vErrors = [err189] : vErrors.push(err189), errors++;
          }
          if (typeof data90 == "number" && isFinite(data90)) {
            if (data90 > 36e5 || isNaN(data90)) {
              let err190 = { instancePath: instancePath + "/supervisor/backoff-max-ms", schemaPath: "#/properties/supervisor/properties/backoff-max-ms/maximum", keyword: "maximum", params: { comparison: "<=", limit: 36e5 } };
              vErrors === null ? vErrors = [err190] : vErrors.push(err190), errors++;
            }
            if (data90 < 10 || isNaN(data90)) {
              let err191 = { instancePath: instancePath + "/supervisor/backoff-max-ms", schemaPath: "#/properties/supervisor/properties/backoff-max-ms/minimum", keyword: "minimum", params: { comparison: ">=", limit: 10 } };
              vErrors === null ? vErrors = [err191] : vErrors.push(err191), errors++;
            }
          }
        }
        if (data88["stable-ms"] !== void 0) {
          let data91 = data88["stable-ms"];
          if (!(typeof data91 == "number" && !(data91 % 1) && !isNaN(data91) && isFinite(data91))) {
            let err192 = { instancePath: instancePath + "/supervisor/stable-ms", schemaPath: "#/properties/supervisor/properties/stable-ms/type", keyword: "type", params: { type: "integer" } };
            vErrors === null ? vErrors = [err192] : vErrors.push(err192), errors++;
          }
          if (typeof data91 == "number" && isFinite(data91)) {
            if (data91 > 864e5 || isNaN(data91)) {
              let err193 = { instancePath: instancePath + "/supervisor/stable-ms", schemaPath: "#/properties/supervisor/properties/stable-ms/maximum", keyword: "maximum", params: { comparison: "<=", limit: 864e5 } };
              vErrors === null ? vErrors = [err193] : vErrors.push(err193), errors++;
            }
            if (data91 < 100 || isNaN(data91)) {
              let err194 = { instancePath: instancePath + "/supervisor/stable-ms", schemaPath: "#/properties/supervisor/properties/stable-ms/minimum", keyword: "minimum", params: { comparison: ">=", limit: 100 } };
              vErrors === null ? vErrors = [err194] : vErrors.push(err194), errors++;
            }
          }
        }
        if (data88["loop-after"] !== void 0) {
          let data92 = data88["loop-after"];
          if (!(typeof data92 == "number" && !(data92 % 1) && !isNaN(data92) && isFinite(data92))) {
            let err195 = { instancePath: instancePath + "/supervisor/loop-after", schemaPath: "#/properties/supervisor/properties/loop-after/type", keyword: "type", params: { type: "integer" } };
            vErrors === null ? vErrors = [err195] : vErrors.push(err195), errors++;
          }
          if (typeof data92 == "number" && isFinite(data92)) {
            if (data92 > 1e3 || isNaN(data92)) {
              let err196 = { instancePath: instancePath + "/supervisor/loop-after", schemaPath: "#/properties/supervisor/properties/loop-after/maximum", keyword: "maximum", params: { comparison: "<=", limit: 1e3 } };
              vErrors === null ? vErrors = [err196] : vErrors.push(err196), errors++;
            }
            if (data92 < 1 || isNaN(data92)) {
              let err197 = { instancePath: instancePath + "/supervisor/loop-after", schemaPath: "#/properties/supervisor/properties/loop-after/minimum", keyword: "minimum", params: { comparison: ">=", limit: 1 } };
              vErrors === null ? vErrors = [err197] : vErrors.push(err197), errors++;
            }
          }
        }
        if (data88["loop-retry-ms"] !== void 0) {
          let data93 = data88["loop-retry-ms"];
          if (!(typeof data93 == "number" && !(data93 % 1) && !isNaN(data93) && isFinite(data93))) {
            let err198 = { instancePath: instancePath + "/supervisor/loop-retry-ms", schemaPath: "#/properties/supervisor/properties/loop-retry-ms/type", keyword: "type", params: { type: "integer" } };
            vErrors === null ? vErrors = [err198] : vErrors.push(err198), errors++;
          }
          if (typeof data93 == "number" && isFinite(data93)) {
            if (data93 > 864e5 || isNaN(data93)) {
              let err199 = { instancePath: instancePath + "/supervisor/loop-retry-ms", schemaPath: "#/properties/supervisor/properties/loop-retry-ms/maximum", keyword: "maximum", params: { comparison: "<=", limit: 864e5 } };
              vErrors === null ? vErrors = [err199] : vErrors.push(err199), errors++;
            }
            if (data93 < 100 || isNaN(data93)) {
              let err200 = { instancePath: instancePath + "/supervisor/loop-retry-ms", schemaPath: "#/properties/supervisor/properties/loop-retry-ms/minimum", keyword: "minimum", params: { comparison: ">=", limit: 100 } };
              vErrors === null ? vErrors = [err200] : vErrors.push(err200), errors++;
            }
          }
        }
      } else {
        let err201 = { instancePath: instancePath + "/supervisor", schemaPath: "#/properties/supervisor/type", keyword: "type", params: { type: "object" } };
        vErrors === null ? vErrors = [err201] : vErrors.push(err201), errors++;
      }
    }
    for (let key20 in data)
      if (pattern0.test(key20)) {
        let data94 = data[key20];
        if (data94 && typeof data94 == "object" && !Array.isArray(data94)) {
          if (data94.name === void 0) {
            let err202 = { instancePath: instancePath + "/" + key20.replace(/~/g, "~0").replace(/\//g, "~1"), schemaPath: "#/patternProperties/%5Evpp%5C.dpdk%5C.interface%5C./required", keyword: "required", params: { missingProperty: "name" } };
            vErrors === null ? vErrors = [err202] : vErrors.push(err202), errors++;
          }
          for (let key21 in data94)
            if (!(key21 === "name" || key21 === "driver" || key21 === "rx-queues" || key21 === "tx-queues")) {
              let err203 = { instancePath: instancePath + "/" + key20.replace(/~/g, "~0").replace(/\//g, "~1"), schemaPath: "#/patternProperties/%5Evpp%5C.dpdk%5C.interface%5C./additionalProperties", keyword: "additionalProperties", params: { additionalProperty: key21 } };
              vErrors === null ? vErrors = [err203] : vErrors.push(err203), errors++;
            }
          if (data94.name !== void 0) {
            let data95 = data94.name;
            if (typeof data95 == "string") {
              if (!pattern18.test(data95)) {
                let err204 = { instancePath: instancePath + "/" + key20.replace(/~/g, "~0").replace(/\//g, "~1") + "/name", schemaPath: "#/patternProperties/%5Evpp%5C.dpdk%5C.interface%5C./properties/name/pattern", keyword: "pattern", params: { pattern: "^[A-Za-z][A-Za-z0-9_.-]{0,14}$" } };
                vErrors === null ? vErrors = [err204] : vErrors.push(err204), errors++;
              }
            } else {
              let err205 = { instancePath: instancePath + "/" + key20.replace(/~/g, "~0").replace(/\//g, "~1") + "/name", schemaPath: "#/patternProperties/%5Evpp%5C.dpdk%5C.interface%5C./properties/name/type", keyword: "type", params: { type: "string" } };
              vErrors === null ? vErrors = [err205] : vErrors.push(err205), errors++;
            }
          }
          if (data94.driver !== void 0) {
            let data96 = data94.driver;
            if (!(data96 === "dpdk" || data96 === "native")) {
              let err206 = { instancePath: instancePath + "/" + key20.replace(/~/g, "~0").replace(/\//g, "~1") + "/driver", schemaPath: "#/patternProperties/%5Evpp%5C.dpdk%5C.interface%5C./properties/driver/enum", keyword: "enum", params: { allowedValues: schema11.patternProperties["^vpp\\.dpdk\\.interface\\."].properties.driver.enum } };
              vErrors === null ? vErrors = [err206] : vErrors.push(err206), errors++;
            }
          }
          if (data94["rx-queues"] !== void 0) {
            let data97 = data94["rx-queues"];
            if (!(typeof data97 == "number" && !(data97 % 1) && !isNaN(data97) && isFinite(data97))) {
              let err207 = { instancePath: instancePath + "/" + key20.replace(/~/g, "~0").replace(/\//g, "~1") + "/rx-queues", schemaPath: "#/patternProperties/%5Evpp%5C.dpdk%5C.interface%5C./properties/rx-queues/type", keyword: "type", params: { type: "integer" } };
              vErrors === null ? vErrors = [err207] : vErrors.push(err207), errors++;
            }
            if (typeof data97 == "number" && isFinite(data97)) {
              if (data97 > 255 || isNaN(data97)) {
                let err208 = { instancePath: instancePath + "/" + key20.replace(/~/g, "~0").replace(/\//g, "~1") + "/rx-queues", schemaPath: "#/patternProperties/%5Evpp%5C.dpdk%5C.interface%5C./properties/rx-queues/maximum", keyword: "maximum", params: { comparison: "<=", limit: 255 } };
                vErrors === null ? vErrors = [err208] : vErrors.push(err208), errors++;
              }
              if (data97 < 1 || isNaN(data97)) {
                let err209 = { instancePath: instancePath + "/" + key20.replace(/~/g, "~0").replace(/\//g, "~1") + "/rx-queues", schemaPath: "#/patternProperties/%5Evpp%5C.dpdk%5C.interface%5C./properties/rx-queues/minimum", keyword: "minimum", params: { comparison: ">=", limit: 1 } };
                vErrors === null ? vErrors = [err209] : vErrors.push(err209), errors++;
              }
            }
          }
          if (data94["tx-queues"] !== void 0) {
            let data98 = data94["tx-queues"];
            if (!(typeof data98 == "number" && !(data98 % 1) && !isNaN(data98) && isFinite(data98))) {
              let err210 = { instancePath: instancePath + "/" + key20.replace(/~/g, "~0").replace(/\//g, "~1") + "/tx-queues", schemaPath: "#/patternProperties/%5Evpp%5C.dpdk%5C.interface%5C./properties/tx-queues/type", keyword: "type", params: { type: "integer" } };
              vErrors === null ? vErrors = [err210] : vErrors.push(err210), errors++;
            }
            if (typeof data98 == "number" && isFinite(data98)) {
              if (data98 > 255 || isNaN(data98)) {
                let err211 = { instancePath: instancePath + "/" + key20.replace(/~/g, "~0").replace(/\//g, "~1") + "/tx-queues", schemaPath: "#/patternProperties/%5Evpp%5C.dpdk%5C.interface%5C./properties/tx-queues/maximum", keyword: "maximum", params: { comparison: "<=", limit: 255 } };
                vErrors === null ? vErrors = [err211] : vErrors.push(err211), errors++;
              }
              if (data98 < 1 || isNaN(data98)) {
                let err212 = { instancePath: instancePath + "/" + key20.replace(/~/g, "~0").replace(/\//g, "~1") + "/tx-queues", schemaPath: "#/patternProperties/%5Evpp%5C.dpdk%5C.interface%5C./properties/tx-queues/minimum", keyword: "minimum", params: { comparison: ">=", limit: 1 } };
                vErrors === null ? vErrors = [err212] : vErrors.push(err212), errors++;
              }
            }
          }
        } else {
          let err213 = { instancePath: instancePath + "/" + key20.replace(/~/g, "~0").replace(/\//g, "~1"), schemaPath: "#/patternProperties/%5Evpp%5C.dpdk%5C.interface%5C./type", keyword: "type", params: { type: "object" } };
          vErrors === null ? vErrors = [err213] : vErrors.push(err213), errors++;
        }
      }
    for (let key22 in data)
      if (pattern1.test(key22)) {
        let data99 = data[key22];
        if (data99 && typeof data99 == "object" && !Array.isArray(data99)) {
          if (data99.address === void 0) {
            let err214 = { instancePath: instancePath + "/" + key22.replace(/~/g, "~0").replace(/\//g, "~1"), schemaPath: "#/patternProperties/%5Ebgp%5C.neighbor%5C./required", keyword: "required", params: { missingProperty: "address" } };
            vErrors === null ? vErrors = [err214] : vErrors.push(err214), errors++;
          }
          if (data99.as === void 0) {
            let err215 = { instancePath: instancePath + "/" + key22.replace(/~/g, "~0").replace(/\//g, "~1"), schemaPath: "#/patternProperties/%5Ebgp%5C.neighbor%5C./required", keyword: "required", params: { missingProperty: "as" } };
            vErrors === null ? vErrors = [err215] : vErrors.push(err215), errors++;
          }
          for (let key23 in data99)
            if (!func2.call(schema11.patternProperties["^bgp\\.neighbor\\."].properties, key23)) {
              let err216 = { instancePath: instancePath + "/" + key22.replace(/~/g, "~0").replace(/\//g, "~1"), schemaPath: "#/patternProperties/%5Ebgp%5C.neighbor%5C./additionalProperties", keyword: "additionalProperties", params: { additionalProperty: key23 } };
              vErrors === null ? vErrors = [err216] : vErrors.push(err216), errors++;
            }
          if (data99.address !== void 0) {
            let data100 = data99.address;
            if (typeof data100 == "string") {
              if (!pattern19.test(data100)) {
                let err217 = { instancePath: instancePath + "/" + key22.replace(/~/g, "~0").replace(/\//g, "~1") + "/address", schemaPath: "#/patternProperties/%5Ebgp%5C.neighbor%5C./properties/address/pattern", keyword: "pattern", params: { pattern: "\\S" } };
                vErrors === null ? vErrors = [err217] : vErrors.push(err217), errors++;
              }
            } else {
              let err218 = { instancePath: instancePath + "/" + key22.replace(/~/g, "~0").replace(/\//g, "~1") + "/address", schemaPath: "#/patternProperties/%5Ebgp%5C.neighbor%5C./properties/address/type", keyword: "type", params: { type: "string" } };
              vErrors === null ? vErrors = [err218] : vErrors.push(err218), errors++;
            }
          }
          if (data99.as !== void 0) {
            let data101 = data99.as;
            if (!(typeof data101 == "number" && !(data101 % 1) && !isNaN(data101) && isFinite(data101))) {
              let err219 = { instancePath: instancePath + "/" + key22.replace(/~/g, "~0").replace(/\//g, "~1") + "/as", schemaPath: "#/patternProperties/%5Ebgp%5C.neighbor%5C./properties/as/type", keyword: "type", params: { type: "integer" } };
              vErrors === null ? vErrors = [err219] : vErrors.push(err219), errors++;
            }
            if (typeof data101 == "number" && isFinite(data101)) {
              if (data101 > 4294967295 || isNaN(data101)) {
                let err220 = { instancePath: instancePath + "/" + key22.replace(/~/g, "~0").replace(/\//g, "~1") + "/as", schemaPath: "#/patternProperties/%5Ebgp%5C.neighbor%5C./properties/as/maximum", keyword: "maximum", params: { comparison: "<=", limit: 4294967295 } };
                vErrors === null ? vErrors = [err220] : vErrors.push(err220), errors++;
              }
              if (data101 < 1 || isNaN(data101)) {
                let err221 = { instancePath: instancePath + "/" + key22.replace(/~/g, "~0").replace(/\//g, "~1") + "/as", schemaPath: "#/patternProperties/%5Ebgp%5C.neighbor%5C./properties/as/minimum", keyword: "minimum", params: { comparison: ">=", limit: 1 } };
                vErrors === null ? vErrors = [err221] : vErrors.push(err221), errors++;
              }
            }
          }
          if (data99.port !== void 0) {
            let data102 = data99.port;
            if (!(typeof data102 == "number" && !(data102 % 1) && !isNaN(data102) && isFinite(data102))) {
              let err222 = { instancePath: instancePath + "/" + key22.replace(/~/g, "~0").replace(/\//g, "~1") + "/port", schemaPath: "#/patternProperties/%5Ebgp%5C.neighbor%5C./properties/port/type", keyword: "type", params: { type: "integer" } };
              vErrors === null ? vErrors = [err222] : vErrors.push(err222), errors++;
            }
            if (typeof data102 == "number" && isFinite(data102)) {
              if (data102 > 65535 || isNaN(data102)) {
                let err223 = { instancePath: instancePath + "/" + key22.replace(/~/g, "~0").replace(/\//g, "~1") + "/port", schemaPath: "#/patternProperties/%5Ebgp%5C.neighbor%5C./properties/port/maximum", keyword: "maximum", params: { comparison: "<=", limit: 65535 } };
                vErrors === null ? vErrors = [err223] : vErrors.push(err223), errors++;
              }
              if (data102 < 1 || isNaN(data102)) {
                let err224 = { instancePath: instancePath + "/" + key22.replace(/~/g, "~0").replace(/\//g, "~1") + "/port", schemaPath: "#/patternProperties/%5Ebgp%5C.neighbor%5C./properties/port/minimum", keyword: "minimum", params: { comparison: ">=", limit: 1 } };
                vErrors === null ? vErrors = [err224] : vErrors.push(err224), errors++;
              }
            }
          }
          if (data99.passive !== void 0 && typeof data99.passive != "boolean") {
            let err225 = { instancePath: instancePath + "/" + key22.replace(/~/g, "~0").replace(/\//g, "~1") + "/passive", schemaPath: "#/patternProperties/%5Ebgp%5C.neighbor%5C./properties/passive/type", keyword: "type", params: { type: "boolean" } };
            vErrors === null ? vErrors = [err225] : vErrors.push(err225), errors++;
          }
          if (data99.local !== void 0) {
            let data104 = data99.local;
            if (typeof data104 == "string") {
              if (!pattern19.test(data104)) {
                let err226 = { instancePath: instancePath + "/" + key22.replace(/~/g, "~0").replace(/\//g, "~1") + "/local", schemaPath: "#/patternProperties/%5Ebgp%5C.neighbor%5C./properties/local/pattern", keyword: "pattern", params: { pattern: "\\S" } };
                vErrors === null ? vErrors = [err226] : vErrors.push(err226), errors++;
              }
            } else {
              let err227 = { instancePath: instancePath + "/" + key22.replace(/~/g, "~0").replace(/\//g, "~1") + "/local", schemaPath: "#/patternProperties/%5Ebgp%5C.neighbor%5C./properties/local/type", keyword: "type", params: { type: "string" } };
              vErrors === null ? vErrors = [err227] : vErrors.push(err227), errors++;
            }
          }
          if (data99.netns !== void 0) {
            let data105 = data99.netns;
            if (typeof data105 == "string") {
              if (!pattern31.test(data105)) {
                let err228 = { instancePath: instancePath + "/" + key22.replace(/~/g, "~0").replace(/\//g, "~1") + "/netns", schemaPath: "#/patternProperties/%5Ebgp%5C.neighbor%5C./properties/netns/pattern", keyword: "pattern", params: { pattern: "^(?!\\.{1,2}$)[A-Za-z0-9_.-]{1,31}$" } };
                vErrors === null ? vErrors = [err228] : vErrors.push(err228), errors++;
              }
            } else {
              let err229 = { instancePath: instancePath + "/" + key22.replace(/~/g, "~0").replace(/\//g, "~1") + "/netns", schemaPath: "#/patternProperties/%5Ebgp%5C.neighbor%5C./properties/netns/type", keyword: "type", params: { type: "string" } };
              vErrors === null ? vErrors = [err229] : vErrors.push(err229), errors++;
            }
          }
          if (data99.families !== void 0) {
            let data106 = data99.families;
            if (typeof data106 == "string") {
              if (!pattern19.test(data106)) {
                let err230 = { instancePath: instancePath + "/" + key22.replace(/~/g, "~0").replace(/\//g, "~1") + "/families", schemaPath: "#/patternProperties/%5Ebgp%5C.neighbor%5C./properties/families/pattern", keyword: "pattern", params: { pattern: "\\S" } };
                vErrors === null ? vErrors = [err230] : vErrors.push(err230), errors++;
              }
            } else {
              let err231 = { instancePath: instancePath + "/" + key22.replace(/~/g, "~0").replace(/\//g, "~1") + "/families", schemaPath: "#/patternProperties/%5Ebgp%5C.neighbor%5C./properties/families/type", keyword: "type", params: { type: "string" } };
              vErrors === null ? vErrors = [err231] : vErrors.push(err231), errors++;
            }
          }
          if (data99.distance !== void 0) {
            let data107 = data99.distance;
            if (!(typeof data107 == "number" && !(data107 % 1) && !isNaN(data107) && isFinite(data107))) {
              let err232 = { instancePath: instancePath + "/" + key22.replace(/~/g, "~0").replace(/\//g, "~1") + "/distance", schemaPath: "#/patternProperties/%5Ebgp%5C.neighbor%5C./properties/distance/type", keyword: "type", params: { type: "integer" } };
              vErrors === null ? vErrors = [err232] : vErrors.push(err232), errors++;
            }
            if (typeof data107 == "number" && isFinite(data107)) {
              if (data107 > 255 || isNaN(data107)) {
                let err233 = { instancePath: instancePath + "/" + key22.replace(/~/g, "~0").replace(/\//g, "~1") + "/distance", schemaPath: "#/patternProperties/%5Ebgp%5C.neighbor%5C./properties/distance/maximum", keyword: "maximum", params: { comparison: "<=", limit: 255 } };
                vErrors === null ? vErrors = [err233] : vErrors.push(err233), errors++;
              }
              if (data107 < 1 || isNaN(data107)) {
                let err234 = { instancePath: instancePath + "/" + key22.replace(/~/g, "~0").replace(/\//g, "~1") + "/distance", schemaPath: "#/patternProperties/%5Ebgp%5C.neighbor%5C./properties/distance/minimum", keyword: "minimum", params: { comparison: ">=", limit: 1 } };
                vErrors === null ? vErrors = [err234] : vErrors.push(err234), errors++;
              }
            }
          }
          if (data99.paths !== void 0) {
            let data108 = data99.paths;
            if (!(data108 === "one" || data108 === "best" || data108 === "ecmp")) {
              let err235 = { instancePath: instancePath + "/" + key22.replace(/~/g, "~0").replace(/\//g, "~1") + "/paths", schemaPath: "#/patternProperties/%5Ebgp%5C.neighbor%5C./properties/paths/enum", keyword: "enum", params: { allowedValues: schema11.patternProperties["^bgp\\.neighbor\\."].properties.paths.enum } };
              vErrors === null ? vErrors = [err235] : vErrors.push(err235), errors++;
            }
          }
          if (data99["hold-time"] !== void 0) {
            let data109 = data99["hold-time"];
            if (!(typeof data109 == "number" && !(data109 % 1) && !isNaN(data109) && isFinite(data109))) {
              let err236 = { instancePath: instancePath + "/" + key22.replace(/~/g, "~0").replace(/\//g, "~1") + "/hold-time", schemaPath: "#/patternProperties/%5Ebgp%5C.neighbor%5C./properties/hold-time/type", keyword: "type", params: { type: "integer" } };
              vErrors === null ? vErrors = [err236] : vErrors.push(err236), errors++;
            }
            let _errs238 = errors, _errs239 = errors;
            if (!(data109 === 1 || data109 === 2)) {
              let err237 = {};
              vErrors === null ? vErrors = [err237] : vErrors.push(err237), errors++;
            }
            var valid23 = _errs239 === errors;
            if (valid23) {
              let err238 = { instancePath: instancePath + "/" + key22.replace(/~/g, "~0").replace(/\//g, "~1") + "/hold-time", schemaPath: "#/patternProperties/%5Ebgp%5C.neighbor%5C./properties/hold-time/not", keyword: "not", params: {} };
              vErrors === null ? vErrors = [err238] : vErrors.push(err238), errors++;
            } else
              errors = _errs238, vErrors !== null && (_errs238 ? vErrors.length = _errs238 : vErrors = null);
            if (typeof data109 == "number" && isFinite(data109)) {
              if (data109 > 65535 || isNaN(data109)) {
                let err239 = { instancePath: instancePath + "/" + key22.replace(/~/g, "~0").replace(/\//g, "~1") + "/hold-time", schemaPath: "#/patternProperties/%5Ebgp%5C.neighbor%5C./properties/hold-time/maximum", keyword: "maximum", params: { comparison: "<=", limit: 65535 } };
                vErrors === null ? vErrors = [err239] : vErrors.push(err239), errors++;
              }
              if (data109 < 0 || isNaN(data109)) {
                let err240 = { instancePath: instancePath + "/" + key22.replace(/~/g, "~0").replace(/\//g, "~1") + "/hold-time", schemaPath: "#/patternProperties/%5Ebgp%5C.neighbor%5C./properties/hold-time/minimum", keyword: "minimum", params: { comparison: ">=", limit: 0 } };
                vErrors === null ? vErrors = [err240] : vErrors.push(err240), errors++;
              }
            }
          }
          if (data99["connect-retry"] !== void 0) {
            let data110 = data99["connect-retry"];
            if (!(typeof data110 == "number" && !(data110 % 1) && !isNaN(data110) && isFinite(data110))) {
              let err241 = { instancePath: instancePath + "/" + key22.replace(/~/g, "~0").replace(/\//g, "~1") + "/connect-retry", schemaPath: "#/patternProperties/%5Ebgp%5C.neighbor%5C./properties/connect-retry/type", keyword: "type", params: { type: "integer" } };
              vErrors === null ? vErrors = [err241] : vErrors.push(err241), errors++;
            }
            if (typeof data110 == "number" && isFinite(data110)) {
              if (data110 > 600 || isNaN(data110)) {
                let err242 = { instancePath: instancePath + "/" + key22.replace(/~/g, "~0").replace(/\//g, "~1") + "/connect-retry", schemaPath: "#/patternProperties/%5Ebgp%5C.neighbor%5C./properties/connect-retry/maximum", keyword: "maximum", params: { comparison: "<=", limit: 600 } };
                vErrors === null ? vErrors = [err242] : vErrors.push(err242), errors++;
              }
              if (data110 < 1 || isNaN(data110)) {
                let err243 = { instancePath: instancePath + "/" + key22.replace(/~/g, "~0").replace(/\//g, "~1") + "/connect-retry", schemaPath: "#/patternProperties/%5Ebgp%5C.neighbor%5C./properties/connect-retry/minimum", keyword: "minimum", params: { comparison: ">=", limit: 1 } };
                vErrors === null ? vErrors = [err243] : vErrors.push(err243), errors++;
              }
            }
          }
        } else {
          let err244 = { instancePath: instancePath + "/" + key22.replace(/~/g, "~0").replace(/\//g, "~1"), schemaPath: "#/patternProperties/%5Ebgp%5C.neighbor%5C./type", keyword: "type", params: { type: "object" } };
          vErrors === null ? vErrors = [err244] : vErrors.push(err244), errors++;
        }
      }
    for (let key24 in data)
      if (pattern2.test(key24)) {
        let data111 = data[key24];
        if (data111 && typeof data111 == "object" && !Array.isArray(data111)) {
          if (data111.table === void 0) {
            let err245 = { instancePath: instancePath + "/" + key24.replace(/~/g, "~0").replace(/\//g, "~1"), schemaPath: "#/patternProperties/%5Evrf%5C./required", keyword: "required", params: { missingProperty: "table" } };
            vErrors === null ? vErrors = [err245] : vErrors.push(err245), errors++;
          }
          for (let key25 in data111)
            if (key25 !== "table") {
              let err246 = { instancePath: instancePath + "/" + key24.replace(/~/g, "~0").replace(/\//g, "~1"), schemaPath: "#/patternProperties/%5Evrf%5C./additionalProperties", keyword: "additionalProperties", params: { additionalProperty: key25 } };
              vErrors === null ? vErrors = [err246] : vErrors.push(err246), errors++;
            }
          if (data111.table !== void 0) {
            let data112 = data111.table;
            if (!(typeof data112 == "number" && !(data112 % 1) && !isNaN(data112) && isFinite(data112))) {
              let err247 = { instancePath: instancePath + "/" + key24.replace(/~/g, "~0").replace(/\//g, "~1") + "/table", schemaPath: "#/patternProperties/%5Evrf%5C./properties/table/type", keyword: "type", params: { type: "integer" } };
              vErrors === null ? vErrors = [err247] : vErrors.push(err247), errors++;
            }
            if (typeof data112 == "number" && isFinite(data112)) {
              if (data112 > 4294967294 || isNaN(data112)) {
                let err248 = { instancePath: instancePath + "/" + key24.replace(/~/g, "~0").replace(/\//g, "~1") + "/table", schemaPath: "#/patternProperties/%5Evrf%5C./properties/table/maximum", keyword: "maximum", params: { comparison: "<=", limit: 4294967294 } };
                vErrors === null ? vErrors = [err248] : vErrors.push(err248), errors++;
              }
              if (data112 < 1 || isNaN(data112)) {
                let err249 = { instancePath: instancePath + "/" + key24.replace(/~/g, "~0").replace(/\//g, "~1") + "/table", schemaPath: "#/patternProperties/%5Evrf%5C./properties/table/minimum", keyword: "minimum", params: { comparison: ">=", limit: 1 } };
                vErrors === null ? vErrors = [err249] : vErrors.push(err249), errors++;
              }
            }
          }
        } else {
          let err250 = { instancePath: instancePath + "/" + key24.replace(/~/g, "~0").replace(/\//g, "~1"), schemaPath: "#/patternProperties/%5Evrf%5C./type", keyword: "type", params: { type: "object" } };
          vErrors === null ? vErrors = [err250] : vErrors.push(err250), errors++;
        }
      }
    for (let key26 in data)
      if (pattern3.test(key26)) {
        let data113 = data[key26];
        if (data113 && typeof data113 == "object" && !Array.isArray(data113)) {
          for (let key27 in data113)
            if (!func2.call(schema11.patternProperties["^interface\\."].properties, key27)) {
              let err251 = { instancePath: instancePath + "/" + key26.replace(/~/g, "~0").replace(/\//g, "~1"), schemaPath: "#/patternProperties/%5Einterface%5C./additionalProperties", keyword: "additionalProperties", params: { additionalProperty: key27 } };
              vErrors === null ? vErrors = [err251] : vErrors.push(err251), errors++;
            }
          if (data113.description !== void 0) {
            let data114 = data113.description;
            if (typeof data114 == "string") {
              if (!pattern46.test(data114)) {
                let err252 = { instancePath: instancePath + "/" + key26.replace(/~/g, "~0").replace(/\//g, "~1") + "/description", schemaPath: "#/patternProperties/%5Einterface%5C./properties/description/pattern", keyword: "pattern", params: { pattern: "^[^\\u0000-\\u001f\\u007f]{1,200}$" } };
                vErrors === null ? vErrors = [err252] : vErrors.push(err252), errors++;
              }
            } else {
              let err253 = { instancePath: instancePath + "/" + key26.replace(/~/g, "~0").replace(/\//g, "~1") + "/description", schemaPath: "#/patternProperties/%5Einterface%5C./properties/description/type", keyword: "type", params: { type: "string" } };
              vErrors === null ? vErrors = [err253] : vErrors.push(err253), errors++;
            }
          }
          if (data113.enabled !== void 0 && typeof data113.enabled != "boolean") {
            let err254 = { instancePath: instancePath + "/" + key26.replace(/~/g, "~0").replace(/\//g, "~1") + "/enabled", schemaPath: "#/patternProperties/%5Einterface%5C./properties/enabled/type", keyword: "type", params: { type: "boolean" } };
            vErrors === null ? vErrors = [err254] : vErrors.push(err254), errors++;
          }
          if (data113.mtu !== void 0) {
            let data116 = data113.mtu;
            if (!(typeof data116 == "number" && !(data116 % 1) && !isNaN(data116) && isFinite(data116))) {
              let err255 = { instancePath: instancePath + "/" + key26.replace(/~/g, "~0").replace(/\//g, "~1") + "/mtu", schemaPath: "#/patternProperties/%5Einterface%5C./properties/mtu/type", keyword: "type", params: { type: "integer" } };
              vErrors === null ? vErrors = [err255] : vErrors.push(err255), errors++;
            }
            if (typeof data116 == "number" && isFinite(data116)) {
              if (data116 > 65535 || isNaN(data116)) {
                let err256 = { instancePath: instancePath + "/" + key26.replace(/~/g, "~0").replace(/\//g, "~1") + "/mtu", schemaPath: "#/patternProperties/%5Einterface%5C./properties/mtu/maximum", keyword: "maximum", params: { comparison: "<=", limit: 65535 } };
                vErrors === null ? vErrors = [err256] : vErrors.push(err256), errors++;
              }
              if (data116 < 68 || isNaN(data116)) {
                let err257 = { instancePath: instancePath + "/" + key26.replace(/~/g, "~0").replace(/\//g, "~1") + "/mtu", schemaPath: "#/patternProperties/%5Einterface%5C./properties/mtu/minimum", keyword: "minimum", params: { comparison: ">=", limit: 68 } };
                vErrors === null ? vErrors = [err257] : vErrors.push(err257), errors++;
              }
            }
          }
          if (data113.addresses !== void 0) {
            let data117 = data113.addresses;
            if (typeof data117 == "string") {
              if (!pattern19.test(data117)) {
                let err258 = { instancePath: instancePath + "/" + key26.replace(/~/g, "~0").replace(/\//g, "~1") + "/addresses", schemaPath: "#/patternProperties/%5Einterface%5C./properties/addresses/pattern", keyword: "pattern", params: { pattern: "\\S" } };
                vErrors === null ? vErrors = [err258] : vErrors.push(err258), errors++;
              }
            } else {
              let err259 = { instancePath: instancePath + "/" + key26.replace(/~/g, "~0").replace(/\//g, "~1") + "/addresses", schemaPath: "#/patternProperties/%5Einterface%5C./properties/addresses/type", keyword: "type", params: { type: "string" } };
              vErrors === null ? vErrors = [err259] : vErrors.push(err259), errors++;
            }
          }
          if (data113.dhcp !== void 0 && typeof data113.dhcp != "boolean") {
            let err260 = { instancePath: instancePath + "/" + key26.replace(/~/g, "~0").replace(/\//g, "~1") + "/dhcp", schemaPath: "#/patternProperties/%5Einterface%5C./properties/dhcp/type", keyword: "type", params: { type: "boolean" } };
            vErrors === null ? vErrors = [err260] : vErrors.push(err260), errors++;
          }
          if (data113["dhcp-dns"] !== void 0 && typeof data113["dhcp-dns"] != "boolean") {
            let err261 = { instancePath: instancePath + "/" + key26.replace(/~/g, "~0").replace(/\//g, "~1") + "/dhcp-dns", schemaPath: "#/patternProperties/%5Einterface%5C./properties/dhcp-dns/type", keyword: "type", params: { type: "boolean" } };
            vErrors === null ? vErrors = [err261] : vErrors.push(err261), errors++;
          }
          if (data113.vrf !== void 0) {
            let data120 = data113.vrf;
            if (typeof data120 == "string") {
              if (!pattern18.test(data120)) {
                let err262 = { instancePath: instancePath + "/" + key26.replace(/~/g, "~0").replace(/\//g, "~1") + "/vrf", schemaPath: "#/patternProperties/%5Einterface%5C./properties/vrf/pattern", keyword: "pattern", params: { pattern: "^[A-Za-z][A-Za-z0-9_.-]{0,14}$" } };
                vErrors === null ? vErrors = [err262] : vErrors.push(err262), errors++;
              }
            } else {
              let err263 = { instancePath: instancePath + "/" + key26.replace(/~/g, "~0").replace(/\//g, "~1") + "/vrf", schemaPath: "#/patternProperties/%5Einterface%5C./properties/vrf/type", keyword: "type", params: { type: "string" } };
              vErrors === null ? vErrors = [err263] : vErrors.push(err263), errors++;
            }
          }
          if (data113.mpls !== void 0 && typeof data113.mpls != "boolean") {
            let err264 = { instancePath: instancePath + "/" + key26.replace(/~/g, "~0").replace(/\//g, "~1") + "/mpls", schemaPath: "#/patternProperties/%5Einterface%5C./properties/mpls/type", keyword: "type", params: { type: "boolean" } };
            vErrors === null ? vErrors = [err264] : vErrors.push(err264), errors++;
          }
          if (data113["acl-in"] !== void 0) {
            let data122 = data113["acl-in"];
            if (typeof data122 == "string") {
              if (!pattern19.test(data122)) {
                let err265 = { instancePath: instancePath + "/" + key26.replace(/~/g, "~0").replace(/\//g, "~1") + "/acl-in", schemaPath: "#/patternProperties/%5Einterface%5C./properties/acl-in/pattern", keyword: "pattern", params: { pattern: "\\S" } };
                vErrors === null ? vErrors = [err265] : vErrors.push(err265), errors++;
              }
            } else {
              let err266 = { instancePath: instancePath + "/" + key26.replace(/~/g, "~0").replace(/\//g, "~1") + "/acl-in", schemaPath: "#/patternProperties/%5Einterface%5C./properties/acl-in/type", keyword: "type", params: { type: "string" } };
              vErrors === null ? vErrors = [err266] : vErrors.push(err266), errors++;
            }
          }
          if (data113["acl-out"] !== void 0) {
            let data123 = data113["acl-out"];
            if (typeof data123 == "string") {
              if (!pattern19.test(data123)) {
                let err267 = { instancePath: instancePath + "/" + key26.replace(/~/g, "~0").replace(/\//g, "~1") + "/acl-out", schemaPath: "#/patternProperties/%5Einterface%5C./properties/acl-out/pattern", keyword: "pattern", params: { pattern: "\\S" } };
                vErrors === null ? vErrors = [err267] : vErrors.push(err267), errors++;
              }
            } else {
              let err268 = { instancePath: instancePath + "/" + key26.replace(/~/g, "~0").replace(/\//g, "~1") + "/acl-out", schemaPath: "#/patternProperties/%5Einterface%5C./properties/acl-out/type", keyword: "type", params: { type: "string" } };
              vErrors === null ? vErrors = [err268] : vErrors.push(err268), errors++;
            }
          }
          if (data113.macip !== void 0) {
            let data124 = data113.macip;
            if (typeof data124 == "string") {
              if (!pattern51.test(data124)) {
                let err269 = { instancePath: instancePath + "/" + key26.replace(/~/g, "~0").replace(/\//g, "~1") + "/macip", schemaPath: "#/patternProperties/%5Einterface%5C./properties/macip/pattern", keyword: "pattern", params: { pattern: "^[A-Za-z][A-Za-z0-9_-]{0,30}$" } };
                vErrors === null ? vErrors = [err269] : vErrors.push(err269), errors++;
              }
            } else {
              let err270 = { instancePath: instancePath + "/" + key26.replace(/~/g, "~0").replace(/\//g, "~1") + "/macip", schemaPath: "#/patternProperties/%5Einterface%5C./properties/macip/type", keyword: "type", params: { type: "string" } };
              vErrors === null ? vErrors = [err270] : vErrors.push(err270), errors++;
            }
          }
          if (data113.nat !== void 0) {
            let data125 = data113.nat;
            if (!(data125 === "inside" || data125 === "outside")) {
              let err271 = { instancePath: instancePath + "/" + key26.replace(/~/g, "~0").replace(/\//g, "~1") + "/nat", schemaPath: "#/patternProperties/%5Einterface%5C./properties/nat/enum", keyword: "enum", params: { allowedValues: schema11.patternProperties["^interface\\."].properties.nat.enum } };
              vErrors === null ? vErrors = [err271] : vErrors.push(err271), errors++;
            }
          }
          if (data113.vlan !== void 0) {
            let data126 = data113.vlan, _errs274 = errors, valid26 = !1, _errs275 = errors;
            if (data126 !== "default") {
              let err272 = { instancePath: instancePath + "/" + key26.replace(/~/g, "~0").replace(/\//g, "~1") + "/vlan", schemaPath: "#/patternProperties/%5Einterface%5C./properties/vlan/anyOf/0/const", keyword: "const", params: { allowedValue: "default" } };
              vErrors === null ? vErrors = [err272] : vErrors.push(err272), errors++;
            }
            var _valid0 = _errs275 === errors;
            if (valid26 = valid26 || _valid0, !valid26) {
              let _errs276 = errors;
              if (!(typeof data126 == "number" && !(data126 % 1) && !isNaN(data126) && isFinite(data126))) {
                let err273 = { instancePath: instancePath + "/" + key26.replace(/~/g, "~0").replace(/\//g, "~1") + "/vlan", schemaPath: "#/patternProperties/%5Einterface%5C./properties/vlan/anyOf/1/type", keyword: "type", params: { type: "integer" } };
                vErrors === null ? vErrors = [err273] : vErrors.push(err273), errors++;
              }
              if (typeof data126 == "number" && isFinite(data126)) {
                if (data126 > 4094 || isNaN(data126)) {
                  let err274 = { instancePath: instancePath + "/" + key26.replace(/~/g, "~0").replace(/\//g, "~1") + "/vlan", schemaPath: "#/patternProperties/%5Einterface%5C./properties/vlan/anyOf/1/maximum", keyword: "maximum", params: { comparison: "<=", limit: 4094 } };
                  vErrors === null ? vErrors = [err274] : vErrors.push(err274), errors++;
                }
                if (data126 < 1 || isNaN(data126)) {
                  let err275 = { instancePath: instancePath + "/" + key26.replace(/~/g, "~0").replace(/\//g, "~1") + "/vlan", schemaPath: "#/patternProperties/%5Einterface%5C./properties/vlan/anyOf/1/minimum", keyword: "minimum", params: { comparison: ">=", limit: 1 } };
                  vErrors === null ? vErrors = [err275] : vErrors.push(err275), errors++;
                }
              }
              var _valid0 = _errs276 === errors;
              valid26 = valid26 || _valid0;
            }
            if (valid26)
              errors = _errs274, vErrors !== null && (_errs274 ? vErrors.length = _errs274 : vErrors = null);
            else {
              let err276 = { instancePath: instancePath + "/" + key26.replace(/~/g, "~0").replace(/\//g, "~1") + "/vlan", schemaPath: "#/patternProperties/%5Einterface%5C./properties/vlan/anyOf", keyword: "anyOf", params: {} };
              vErrors === null ? vErrors = [err276] : vErrors.push(err276), errors++;
            }
          }
          if (data113["inner-vlan"] !== void 0) {
            let data127 = data113["inner-vlan"], _errs279 = errors, valid27 = !1, _errs280 = errors;
            if (data127 !== "any") {
              let err277 = { instancePath: instancePath + "/" + key26.replace(/~/g, "~0").replace(/\//g, "~1") + "/inner-vlan", schemaPath: "#/patternProperties/%5Einterface%5C./properties/inner-vlan/anyOf/0/const", keyword: "const", params: { allowedValue: "any" } };
              vErrors === null ? vErrors = [err277] : vErrors.push(err277), errors++;
            }
            var _valid1 = _errs280 === errors;
            if (valid27 = valid27 || _valid1, !valid27) {
              let _errs281 = errors;
              if (!(typeof data127 == "number" && !(data127 % 1) && !isNaN(data127) && isFinite(data127))) {
                let err278 = { instancePath: instancePath + "/" + key26.replace(/~/g, "~0").replace(/\//g, "~1") + "/inner-vlan", schemaPath: "#/patternProperties/%5Einterface%5C./properties/inner-vlan/anyOf/1/type", keyword: "type", params: { type: "integer" } };
                vErrors === null ? vErrors = [err278] : vErrors.push(err278), errors++;
              }
              if (typeof data127 == "number" && isFinite(data127)) {
                if (data127 > 4094 || isNaN(data127)) {
                  let err279 = { instancePath: instancePath + "/" + key26.replace(/~/g, "~0").replace(/\//g, "~1") + "/inner-vlan", schemaPath: "#/patternProperties/%5Einterface%5C./properties/inner-vlan/anyOf/1/maximum", keyword: "maximum", params: { comparison: "<=", limit: 4094 } };
                  vErrors === null ? vErrors = [err279] : vErrors.push(err279), errors++;
                }
                if (data127 < 1 || isNaN(data127)) {
                  let err280 = { instancePath: instancePath + "/" + key26.replace(/~/g, "~0").replace(/\//g, "~1") + "/inner-vlan", schemaPath: "#/patternProperties/%5Einterface%5C./properties/inner-vlan/anyOf/1/minimum", keyword: "minimum", params: { comparison: ">=", limit: 1 } };
                  vErrors === null ? vErrors = [err280] : vErrors.push(err280), errors++;
                }
              }
              var _valid1 = _errs281 === errors;
              valid27 = valid27 || _valid1;
            }
            if (valid27)
              errors = _errs279, vErrors !== null && (_errs279 ? vErrors.length = _errs279 : vErrors = null);
            else {
              let err281 = { instancePath: instancePath + "/" + key26.replace(/~/g, "~0").replace(/\//g, "~1") + "/inner-vlan", schemaPath: "#/patternProperties/%5Einterface%5C./properties/inner-vlan/anyOf", keyword: "anyOf", params: {} };
              vErrors === null ? vErrors = [err281] : vErrors.push(err281), errors++;
            }
          }
          if (data113.encapsulation !== void 0) {
            let data128 = data113.encapsulation;
            if (!(data128 === "dot1q" || data128 === "dot1ad")) {
              let err282 = { instancePath: instancePath + "/" + key26.replace(/~/g, "~0").replace(/\//g, "~1") + "/encapsulation", schemaPath: "#/patternProperties/%5Einterface%5C./properties/encapsulation/enum", keyword: "enum", params: { allowedValues: schema11.patternProperties["^interface\\."].properties.encapsulation.enum } };
              vErrors === null ? vErrors = [err282] : vErrors.push(err282), errors++;
            }
          }
          if (data113["exact-match"] !== void 0 && typeof data113["exact-match"] != "boolean") {
            let err283 = { instancePath: instancePath + "/" + key26.replace(/~/g, "~0").replace(/\//g, "~1") + "/exact-match", schemaPath: "#/patternProperties/%5Einterface%5C./properties/exact-match/type", keyword: "type", params: { type: "boolean" } };
            vErrors === null ? vErrors = [err283] : vErrors.push(err283), errors++;
          }
          if (data113.mac !== void 0) {
            let data130 = data113.mac;
            if (typeof data130 == "string") {
              if (!pattern19.test(data130)) {
                let err284 = { instancePath: instancePath + "/" + key26.replace(/~/g, "~0").replace(/\//g, "~1") + "/mac", schemaPath: "#/patternProperties/%5Einterface%5C./properties/mac/pattern", keyword: "pattern", params: { pattern: "\\S" } };
                vErrors === null ? vErrors = [err284] : vErrors.push(err284), errors++;
              }
            } else {
              let err285 = { instancePath: instancePath + "/" + key26.replace(/~/g, "~0").replace(/\//g, "~1") + "/mac", schemaPath: "#/patternProperties/%5Einterface%5C./properties/mac/type", keyword: "type", params: { type: "string" } };
              vErrors === null ? vErrors = [err285] : vErrors.push(err285), errors++;
            }
          }
          if (data113.urpf !== void 0) {
            let data131 = data113.urpf;
            if (!(data131 === "strict" || data131 === "loose")) {
              let err286 = { instancePath: instancePath + "/" + key26.replace(/~/g, "~0").replace(/\//g, "~1") + "/urpf", schemaPath: "#/patternProperties/%5Einterface%5C./properties/urpf/enum", keyword: "enum", params: { allowedValues: schema11.patternProperties["^interface\\."].properties.urpf.enum } };
              vErrors === null ? vErrors = [err286] : vErrors.push(err286), errors++;
            }
          }
          if (data113.neighbors !== void 0) {
            let data132 = data113.neighbors;
            if (typeof data132 == "string") {
              if (!pattern19.test(data132)) {
                let err287 = { instancePath: instancePath + "/" + key26.replace(/~/g, "~0").replace(/\//g, "~1") + "/neighbors", schemaPath: "#/patternProperties/%5Einterface%5C./properties/neighbors/pattern", keyword: "pattern", params: { pattern: "\\S" } };
                vErrors === null ? vErrors = [err287] : vErrors.push(err287), errors++;
              }
            } else {
              let err288 = { instancePath: instancePath + "/" + key26.replace(/~/g, "~0").replace(/\//g, "~1") + "/neighbors", schemaPath: "#/patternProperties/%5Einterface%5C./properties/neighbors/type", keyword: "type", params: { type: "string" } };
              vErrors === null ? vErrors = [err288] : vErrors.push(err288), errors++;
            }
          }
          if (data113["proxy-arp"] !== void 0 && typeof data113["proxy-arp"] != "boolean") {
            let err289 = { instancePath: instancePath + "/" + key26.replace(/~/g, "~0").replace(/\//g, "~1") + "/proxy-arp", schemaPath: "#/patternProperties/%5Einterface%5C./properties/proxy-arp/type", keyword: "type", params: { type: "boolean" } };
            vErrors === null ? vErrors = [err289] : vErrors.push(err289), errors++;
          }
          if (data113["proxy-nd"] !== void 0) {
            let data134 = data113["proxy-nd"];
            if (typeof data134 == "string") {
              if (!pattern19.test(data134)) {
                let err290 = { instancePath: instancePath + "/" + key26.replace(/~/g, "~0").replace(/\//g, "~1") + "/proxy-nd", schemaPath: "#/patternProperties/%5Einterface%5C./properties/proxy-nd/pattern", keyword: "pattern", params: { pattern: "\\S" } };
                vErrors === null ? vErrors = [err290] : vErrors.push(err290), errors++;
              }
            } else {
              let err291 = { instancePath: instancePath + "/" + key26.replace(/~/g, "~0").replace(/\//g, "~1") + "/proxy-nd", schemaPath: "#/patternProperties/%5Einterface%5C./properties/proxy-nd/type", keyword: "type", params: { type: "string" } };
              vErrors === null ? vErrors = [err291] : vErrors.push(err291), errors++;
            }
          }
          if (data113.lcp !== void 0 && typeof data113.lcp != "boolean") {
            let err292 = { instancePath: instancePath + "/" + key26.replace(/~/g, "~0").replace(/\//g, "~1") + "/lcp", schemaPath: "#/patternProperties/%5Einterface%5C./properties/lcp/type", keyword: "type", params: { type: "boolean" } };
            vErrors === null ? vErrors = [err292] : vErrors.push(err292), errors++;
          }
          if (data113["host-name"] !== void 0) {
            let data136 = data113["host-name"];
            if (typeof data136 == "string") {
              if (!pattern18.test(data136)) {
                let err293 = { instancePath: instancePath + "/" + key26.replace(/~/g, "~0").replace(/\//g, "~1") + "/host-name", schemaPath: "#/patternProperties/%5Einterface%5C./properties/host-name/pattern", keyword: "pattern", params: { pattern: "^[A-Za-z][A-Za-z0-9_.-]{0,14}$" } };
                vErrors === null ? vErrors = [err293] : vErrors.push(err293), errors++;
              }
            } else {
              let err294 = { instancePath: instancePath + "/" + key26.replace(/~/g, "~0").replace(/\//g, "~1") + "/host-name", schemaPath: "#/patternProperties/%5Einterface%5C./properties/host-name/type", keyword: "type", params: { type: "string" } };
              vErrors === null ? vErrors = [err294] : vErrors.push(err294), errors++;
            }
          }
          if (data113["link-local"] !== void 0) {
            let data137 = data113["link-local"];
            if (typeof data137 == "string") {
              if (!pattern19.test(data137)) {
                let err295 = { instancePath: instancePath + "/" + key26.replace(/~/g, "~0").replace(/\//g, "~1") + "/link-local", schemaPath: "#/patternProperties/%5Einterface%5C./properties/link-local/pattern", keyword: "pattern", params: { pattern: "\\S" } };
                vErrors === null ? vErrors = [err295] : vErrors.push(err295), errors++;
              }
            } else {
              let err296 = { instancePath: instancePath + "/" + key26.replace(/~/g, "~0").replace(/\//g, "~1") + "/link-local", schemaPath: "#/patternProperties/%5Einterface%5C./properties/link-local/type", keyword: "type", params: { type: "string" } };
              vErrors === null ? vErrors = [err296] : vErrors.push(err296), errors++;
            }
          }
          if (data113.unnumbered !== void 0) {
            let data138 = data113.unnumbered;
            if (typeof data138 == "string") {
              if (!pattern18.test(data138)) {
                let err297 = { instancePath: instancePath + "/" + key26.replace(/~/g, "~0").replace(/\//g, "~1") + "/unnumbered", schemaPath: "#/patternProperties/%5Einterface%5C./properties/unnumbered/pattern", keyword: "pattern", params: { pattern: "^[A-Za-z][A-Za-z0-9_.-]{0,14}$" } };
                vErrors === null ? vErrors = [err297] : vErrors.push(err297), errors++;
              }
            } else {
              let err298 = { instancePath: instancePath + "/" + key26.replace(/~/g, "~0").replace(/\//g, "~1") + "/unnumbered", schemaPath: "#/patternProperties/%5Einterface%5C./properties/unnumbered/type", keyword: "type", params: { type: "string" } };
              vErrors === null ? vErrors = [err298] : vErrors.push(err298), errors++;
            }
          }
          if (data113["mss-clamp"] !== void 0) {
            let data139 = data113["mss-clamp"], _errs304 = errors, valid28 = !1, _errs305 = errors;
            if (data139 !== "auto") {
              let err299 = { instancePath: instancePath + "/" + key26.replace(/~/g, "~0").replace(/\//g, "~1") + "/mss-clamp", schemaPath: "#/patternProperties/%5Einterface%5C./properties/mss-clamp/anyOf/0/const", keyword: "const", params: { allowedValue: "auto" } };
              vErrors === null ? vErrors = [err299] : vErrors.push(err299), errors++;
            }
            var _valid2 = _errs305 === errors;
            if (valid28 = valid28 || _valid2, !valid28) {
              let _errs306 = errors;
              if (!(typeof data139 == "number" && !(data139 % 1) && !isNaN(data139) && isFinite(data139))) {
                let err300 = { instancePath: instancePath + "/" + key26.replace(/~/g, "~0").replace(/\//g, "~1") + "/mss-clamp", schemaPath: "#/patternProperties/%5Einterface%5C./properties/mss-clamp/anyOf/1/type", keyword: "type", params: { type: "integer" } };
                vErrors === null ? vErrors = [err300] : vErrors.push(err300), errors++;
              }
              if (typeof data139 == "number" && isFinite(data139)) {
                if (data139 > 65495 || isNaN(data139)) {
                  let err301 = { instancePath: instancePath + "/" + key26.replace(/~/g, "~0").replace(/\//g, "~1") + "/mss-clamp", schemaPath: "#/patternProperties/%5Einterface%5C./properties/mss-clamp/anyOf/1/maximum", keyword: "maximum", params: { comparison: "<=", limit: 65495 } };
                  vErrors === null ? vErrors = [err301] : vErrors.push(err301), errors++;
                }
                if (data139 < 88 || isNaN(data139)) {
                  let err302 = { instancePath: instancePath + "/" + key26.replace(/~/g, "~0").replace(/\//g, "~1") + "/mss-clamp", schemaPath: "#/patternProperties/%5Einterface%5C./properties/mss-clamp/anyOf/1/minimum", keyword: "minimum", params: { comparison: ">=", limit: 88 } };
                  vErrors === null ? vErrors = [err302] : vErrors.push(err302), errors++;
                }
              }
              var _valid2 = _errs306 === errors;
              valid28 = valid28 || _valid2;
            }
            if (valid28)
              errors = _errs304, vErrors !== null && (_errs304 ? vErrors.length = _errs304 : vErrors = null);
            else {
              let err303 = { instancePath: instancePath + "/" + key26.replace(/~/g, "~0").replace(/\//g, "~1") + "/mss-clamp", schemaPath: "#/patternProperties/%5Einterface%5C./properties/mss-clamp/anyOf", keyword: "anyOf", params: {} };
              vErrors === null ? vErrors = [err303] : vErrors.push(err303), errors++;
            }
          }
        } else {
          let err304 = { instancePath: instancePath + "/" + key26.replace(/~/g, "~0").replace(/\//g, "~1"), schemaPath: "#/patternProperties/%5Einterface%5C./type", keyword: "type", params: { type: "object" } };
          vErrors === null ? vErrors = [err304] : vErrors.push(err304), errors++;
        }
      }
    for (let key28 in data)
      if (pattern4.test(key28)) {
        let data140 = data[key28];
        if (data140 && typeof data140 == "object" && !Array.isArray(data140)) {
          if (data140.members === void 0) {
            let err305 = { instancePath: instancePath + "/" + key28.replace(/~/g, "~0").replace(/\//g, "~1"), schemaPath: "#/patternProperties/%5Ebond%5C./required", keyword: "required", params: { missingProperty: "members" } };
            vErrors === null ? vErrors = [err305] : vErrors.push(err305), errors++;
          }
          for (let key29 in data140)
            if (!(key29 === "members" || key29 === "mode" || key29 === "primary" || key29 === "load-balance" || key29 === "lacp-timeout" || key29 === "lacp-passive")) {
              let err306 = { instancePath: instancePath + "/" + key28.replace(/~/g, "~0").replace(/\//g, "~1"), schemaPath: "#/patternProperties/%5Ebond%5C./additionalProperties", keyword: "additionalProperties", params: { additionalProperty: key29 } };
              vErrors === null ? vErrors = [err306] : vErrors.push(err306), errors++;
            }
          if (data140.members !== void 0) {
            let data141 = data140.members;
            if (typeof data141 == "string") {
              if (!pattern19.test(data141)) {
                let err307 = { instancePath: instancePath + "/" + key28.replace(/~/g, "~0").replace(/\//g, "~1") + "/members", schemaPath: "#/patternProperties/%5Ebond%5C./properties/members/pattern", keyword: "pattern", params: { pattern: "\\S" } };
                vErrors === null ? vErrors = [err307] : vErrors.push(err307), errors++;
              }
            } else {
              let err308 = { instancePath: instancePath + "/" + key28.replace(/~/g, "~0").replace(/\//g, "~1") + "/members", schemaPath: "#/patternProperties/%5Ebond%5C./properties/members/type", keyword: "type", params: { type: "string" } };
              vErrors === null ? vErrors = [err308] : vErrors.push(err308), errors++;
            }
          }
          if (data140.mode !== void 0) {
            let data142 = data140.mode;
            if (!(data142 === "lacp" || data142 === "active-backup" || data142 === "xor" || data142 === "round-robin" || data142 === "broadcast")) {
              let err309 = { instancePath: instancePath + "/" + key28.replace(/~/g, "~0").replace(/\//g, "~1") + "/mode", schemaPath: "#/patternProperties/%5Ebond%5C./properties/mode/enum", keyword: "enum", params: { allowedValues: schema11.patternProperties["^bond\\."].properties.mode.enum } };
              vErrors === null ? vErrors = [err309] : vErrors.push(err309), errors++;
            }
          }
          if (data140.primary !== void 0) {
            let data143 = data140.primary;
            if (typeof data143 == "string") {
              if (!pattern18.test(data143)) {
                let err310 = { instancePath: instancePath + "/" + key28.replace(/~/g, "~0").replace(/\//g, "~1") + "/primary", schemaPath: "#/patternProperties/%5Ebond%5C./properties/primary/pattern", keyword: "pattern", params: { pattern: "^[A-Za-z][A-Za-z0-9_.-]{0,14}$" } };
                vErrors === null ? vErrors = [err310] : vErrors.push(err310), errors++;
              }
            } else {
              let err311 = { instancePath: instancePath + "/" + key28.replace(/~/g, "~0").replace(/\//g, "~1") + "/primary", schemaPath: "#/patternProperties/%5Ebond%5C./properties/primary/type", keyword: "type", params: { type: "string" } };
              vErrors === null ? vErrors = [err311] : vErrors.push(err311), errors++;
            }
          }
          if (data140["load-balance"] !== void 0) {
            let data144 = data140["load-balance"];
            if (!(data144 === "l2" || data144 === "l23" || data144 === "l34")) {
              let err312 = { instancePath: instancePath + "/" + key28.replace(/~/g, "~0").replace(/\//g, "~1") + "/load-balance", schemaPath: "#/patternProperties/%5Ebond%5C./properties/load-balance/enum", keyword: "enum", params: { allowedValues: schema11.patternProperties["^bond\\."].properties["load-balance"].enum } };
              vErrors === null ? vErrors = [err312] : vErrors.push(err312), errors++;
            }
          }
          if (data140["lacp-timeout"] !== void 0) {
            let data145 = data140["lacp-timeout"];
            if (!(data145 === "short" || data145 === "long")) {
              let err313 = { instancePath: instancePath + "/" + key28.replace(/~/g, "~0").replace(/\//g, "~1") + "/lacp-timeout", schemaPath: "#/patternProperties/%5Ebond%5C./properties/lacp-timeout/enum", keyword: "enum", params: { allowedValues: schema11.patternProperties["^bond\\."].properties["lacp-timeout"].enum } };
              vErrors === null ? vErrors = [err313] : vErrors.push(err313), errors++;
            }
          }
          if (data140["lacp-passive"] !== void 0 && typeof data140["lacp-passive"] != "boolean") {
            let err314 = { instancePath: instancePath + "/" + key28.replace(/~/g, "~0").replace(/\//g, "~1") + "/lacp-passive", schemaPath: "#/patternProperties/%5Ebond%5C./properties/lacp-passive/type", keyword: "type", params: { type: "boolean" } };
            vErrors === null ? vErrors = [err314] : vErrors.push(err314), errors++;
          }
        } else {
          let err315 = { instancePath: instancePath + "/" + key28.replace(/~/g, "~0").replace(/\//g, "~1"), schemaPath: "#/patternProperties/%5Ebond%5C./type", keyword: "type", params: { type: "object" } };
          vErrors === null ? vErrors = [err315] : vErrors.push(err315), errors++;
        }
      }
    for (let key30 in data)
      if (pattern5.test(key30)) {
        let data147 = data[key30];
        if (data147 && typeof data147 == "object" && !Array.isArray(data147)) {
          if (data147.members === void 0) {
            let err316 = { instancePath: instancePath + "/" + key30.replace(/~/g, "~0").replace(/\//g, "~1"), schemaPath: "#/patternProperties/%5Ebridge%5C./required", keyword: "required", params: { missingProperty: "members" } };
            vErrors === null ? vErrors = [err316] : vErrors.push(err316), errors++;
          }
          for (let key31 in data147)
            if (!(key31 === "members" || key31 === "learn" || key31 === "flood" || key31 === "unknown-unicast-flood" || key31 === "arp-termination" || key31 === "mac-age" || key31 === "static" || key31 === "id")) {
              let err317 = { instancePath: instancePath + "/" + key30.replace(/~/g, "~0").replace(/\//g, "~1"), schemaPath: "#/patternProperties/%5Ebridge%5C./additionalProperties", keyword: "additionalProperties", params: { additionalProperty: key31 } };
              vErrors === null ? vErrors = [err317] : vErrors.push(err317), errors++;
            }
          if (data147.members !== void 0) {
            let data148 = data147.members;
            if (typeof data148 == "string") {
              if (!pattern19.test(data148)) {
                let err318 = { instancePath: instancePath + "/" + key30.replace(/~/g, "~0").replace(/\//g, "~1") + "/members", schemaPath: "#/patternProperties/%5Ebridge%5C./properties/members/pattern", keyword: "pattern", params: { pattern: "\\S" } };
                vErrors === null ? vErrors = [err318] : vErrors.push(err318), errors++;
              }
            } else {
              let err319 = { instancePath: instancePath + "/" + key30.replace(/~/g, "~0").replace(/\//g, "~1") + "/members", schemaPath: "#/patternProperties/%5Ebridge%5C./properties/members/type", keyword: "type", params: { type: "string" } };
              vErrors === null ? vErrors = [err319] : vErrors.push(err319), errors++;
            }
          }
          if (data147.learn !== void 0 && typeof data147.learn != "boolean") {
            let err320 = { instancePath: instancePath + "/" + key30.replace(/~/g, "~0").replace(/\//g, "~1") + "/learn", schemaPath: "#/patternProperties/%5Ebridge%5C./properties/learn/type", keyword: "type", params: { type: "boolean" } };
            vErrors === null ? vErrors = [err320] : vErrors.push(err320), errors++;
          }
          if (data147.flood !== void 0 && typeof data147.flood != "boolean") {
            let err321 = { instancePath: instancePath + "/" + key30.replace(/~/g, "~0").replace(/\//g, "~1") + "/flood", schemaPath: "#/patternProperties/%5Ebridge%5C./properties/flood/type", keyword: "type", params: { type: "boolean" } };
            vErrors === null ? vErrors = [err321] : vErrors.push(err321), errors++;
          }
          if (data147["unknown-unicast-flood"] !== void 0 && typeof data147["unknown-unicast-flood"] != "boolean") {
            let err322 = { instancePath: instancePath + "/" + key30.replace(/~/g, "~0").replace(/\//g, "~1") + "/unknown-unicast-flood", schemaPath: "#/patternProperties/%5Ebridge%5C./properties/unknown-unicast-flood/type", keyword: "type", params: { type: "boolean" } };
            vErrors === null ? vErrors = [err322] : vErrors.push(err322), errors++;
          }
          if (data147["arp-termination"] !== void 0 && typeof data147["arp-termination"] != "boolean") {
            let err323 = { instancePath: instancePath + "/" + key30.replace(/~/g, "~0").replace(/\//g, "~1") + "/arp-termination", schemaPath: "#/patternProperties/%5Ebridge%5C./properties/arp-termination/type", keyword: "type", params: { type: "boolean" } };
            vErrors === null ? vErrors = [err323] : vErrors.push(err323), errors++;
          }
          if (data147["mac-age"] !== void 0) {
            let data153 = data147["mac-age"];
            if (!(typeof data153 == "number" && !(data153 % 1) && !isNaN(data153) && isFinite(data153))) {
              let err324 = { instancePath: instancePath + "/" + key30.replace(/~/g, "~0").replace(/\//g, "~1") + "/mac-age", schemaPath: "#/patternProperties/%5Ebridge%5C./properties/mac-age/type", keyword: "type", params: { type: "integer" } };
              vErrors === null ? vErrors = [err324] : vErrors.push(err324), errors++;
            }
            if (typeof data153 == "number" && isFinite(data153)) {
              if (data153 > 255 || isNaN(data153)) {
                let err325 = { instancePath: instancePath + "/" + key30.replace(/~/g, "~0").replace(/\//g, "~1") + "/mac-age", schemaPath: "#/patternProperties/%5Ebridge%5C./properties/mac-age/maximum", keyword: "maximum", params: { comparison: "<=", limit: 255 } };
                vErrors === null ? vErrors = [err325] : vErrors.push(err325), errors++;
              }
              if (data153 < 0 || isNaN(data153)) {
                let err326 = { instancePath: instancePath + "/" + key30.replace(/~/g, "~0").replace(/\//g, "~1") + "/mac-age", schemaPath: "#/patternProperties/%5Ebridge%5C./properties/mac-age/minimum", keyword: "minimum", params: { comparison: ">=", limit: 0 } };
                vErrors === null ? vErrors = [err326] : vErrors.push(err326), errors++;
              }
            }
          }
          if (data147.static !== void 0) {
            let data154 = data147.static;
            if (typeof data154 == "string") {
              if (!pattern19.test(data154)) {
                let err327 = { instancePath: instancePath + "/" + key30.replace(/~/g, "~0").replace(/\//g, "~1") + "/static", schemaPath: "#/patternProperties/%5Ebridge%5C./properties/static/pattern", keyword: "pattern", params: { pattern: "\\S" } };
                vErrors === null ? vErrors = [err327] : vErrors.push(err327), errors++;
              }
            } else {
              let err328 = { instancePath: instancePath + "/" + key30.replace(/~/g, "~0").replace(/\//g, "~1") + "/static", schemaPath: "#/patternProperties/%5Ebridge%5C./properties/static/type", keyword: "type", params: { type: "string" } };
              vErrors === null ? vErrors = [err328] : vErrors.push(err328), errors++;
            }
          }
          if (data147.id !== void 0) {
            let data155 = data147.id;
            if (!(typeof data155 == "number" && !(data155 % 1) && !isNaN(data155) && isFinite(data155))) {
              let err329 = { instancePath: instancePath + "/" + key30.replace(/~/g, "~0").replace(/\//g, "~1") + "/id", schemaPath: "#/patternProperties/%5Ebridge%5C./properties/id/type", keyword: "type", params: { type: "integer" } };
              vErrors === null ? vErrors = [err329] : vErrors.push(err329), errors++;
            }
            if (typeof data155 == "number" && isFinite(data155)) {
              if (data155 > 16777215 || isNaN(data155)) {
                let err330 = { instancePath: instancePath + "/" + key30.replace(/~/g, "~0").replace(/\//g, "~1") + "/id", schemaPath: "#/patternProperties/%5Ebridge%5C./properties/id/maximum", keyword: "maximum", params: { comparison: "<=", limit: 16777215 } };
                vErrors === null ? vErrors = [err330] : vErrors.push(err330), errors++;
              }
              if (data155 < 1 || isNaN(data155)) {
                let err331 = { instancePath: instancePath + "/" + key30.replace(/~/g, "~0").replace(/\//g, "~1") + "/id", schemaPath: "#/patternProperties/%5Ebridge%5C./properties/id/minimum", keyword: "minimum", params: { comparison: ">=", limit: 1 } };
                vErrors === null ? vErrors = [err331] : vErrors.push(err331), errors++;
              }
            }
          }
        } else {
          let err332 = { instancePath: instancePath + "/" + key30.replace(/~/g, "~0").replace(/\//g, "~1"), schemaPath: "#/patternProperties/%5Ebridge%5C./type", keyword: "type", params: { type: "object" } };
          vErrors === null ? vErrors = [err332] : vErrors.push(err332), errors++;
        }
      }
    for (let key32 in data)
      if (pattern6.test(key32)) {
        let data156 = data[key32];
        if (data156 && typeof data156 == "object" && !Array.isArray(data156)) {
          if (data156.interfaces === void 0) {
            let err333 = { instancePath: instancePath + "/" + key32.replace(/~/g, "~0").replace(/\//g, "~1"), schemaPath: "#/patternProperties/%5Ecross-connect%5C./required", keyword: "required", params: { missingProperty: "interfaces" } };
            vErrors === null ? vErrors = [err333] : vErrors.push(err333), errors++;
          }
          for (let key33 in data156)
            if (!(key33 === "interfaces" || key33 === "tag-rewrite")) {
              let err334 = { instancePath: instancePath + "/" + key32.replace(/~/g, "~0").replace(/\//g, "~1"), schemaPath: "#/patternProperties/%5Ecross-connect%5C./additionalProperties", keyword: "additionalProperties", params: { additionalProperty: key33 } };
              vErrors === null ? vErrors = [err334] : vErrors.push(err334), errors++;
            }
          if (data156.interfaces !== void 0) {
            let data157 = data156.interfaces;
            if (typeof data157 == "string") {
              if (!pattern19.test(data157)) {
                let err335 = { instancePath: instancePath + "/" + key32.replace(/~/g, "~0").replace(/\//g, "~1") + "/interfaces", schemaPath: "#/patternProperties/%5Ecross-connect%5C./properties/interfaces/pattern", keyword: "pattern", params: { pattern: "\\S" } };
                vErrors === null ? vErrors = [err335] : vErrors.push(err335), errors++;
              }
            } else {
              let err336 = { instancePath: instancePath + "/" + key32.replace(/~/g, "~0").replace(/\//g, "~1") + "/interfaces", schemaPath: "#/patternProperties/%5Ecross-connect%5C./properties/interfaces/type", keyword: "type", params: { type: "string" } };
              vErrors === null ? vErrors = [err336] : vErrors.push(err336), errors++;
            }
          }
          if (data156["tag-rewrite"] !== void 0) {
            let data158 = data156["tag-rewrite"];
            if (!(data158 === "pop" || data158 === "keep")) {
              let err337 = { instancePath: instancePath + "/" + key32.replace(/~/g, "~0").replace(/\//g, "~1") + "/tag-rewrite", schemaPath: "#/patternProperties/%5Ecross-connect%5C./properties/tag-rewrite/enum", keyword: "enum", params: { allowedValues: schema11.patternProperties["^cross-connect\\."].properties["tag-rewrite"].enum } };
              vErrors === null ? vErrors = [err337] : vErrors.push(err337), errors++;
            }
          }
        } else {
          let err338 = { instancePath: instancePath + "/" + key32.replace(/~/g, "~0").replace(/\//g, "~1"), schemaPath: "#/patternProperties/%5Ecross-connect%5C./type", keyword: "type", params: { type: "object" } };
          vErrors === null ? vErrors = [err338] : vErrors.push(err338), errors++;
        }
      }
    for (let key34 in data)
      if (pattern7.test(key34)) {
        let data159 = data[key34];
        if (data159 && typeof data159 == "object" && !Array.isArray(data159)) {
          if (data159.source === void 0) {
            let err339 = { instancePath: instancePath + "/" + key34.replace(/~/g, "~0").replace(/\//g, "~1"), schemaPath: "#/patternProperties/%5Egre%5C./required", keyword: "required", params: { missingProperty: "source" } };
            vErrors === null ? vErrors = [err339] : vErrors.push(err339), errors++;
          }
          if (data159.destination === void 0) {
            let err340 = { instancePath: instancePath + "/" + key34.replace(/~/g, "~0").replace(/\//g, "~1"), schemaPath: "#/patternProperties/%5Egre%5C./required", keyword: "required", params: { missingProperty: "destination" } };
            vErrors === null ? vErrors = [err340] : vErrors.push(err340), errors++;
          }
          for (let key35 in data159)
            if (!(key35 === "source" || key35 === "destination" || key35 === "underlay-vrf" || key35 === "type")) {
              let err341 = { instancePath: instancePath + "/" + key34.replace(/~/g, "~0").replace(/\//g, "~1"), schemaPath: "#/patternProperties/%5Egre%5C./additionalProperties", keyword: "additionalProperties", params: { additionalProperty: key35 } };
              vErrors === null ? vErrors = [err341] : vErrors.push(err341), errors++;
            }
          if (data159.source !== void 0) {
            let data160 = data159.source;
            if (typeof data160 == "string") {
              if (!pattern19.test(data160)) {
                let err342 = { instancePath: instancePath + "/" + key34.replace(/~/g, "~0").replace(/\//g, "~1") + "/source", schemaPath: "#/patternProperties/%5Egre%5C./properties/source/pattern", keyword: "pattern", params: { pattern: "\\S" } };
                vErrors === null ? vErrors = [err342] : vErrors.push(err342), errors++;
              }
            } else {
              let err343 = { instancePath: instancePath + "/" + key34.replace(/~/g, "~0").replace(/\//g, "~1") + "/source", schemaPath: "#/patternProperties/%5Egre%5C./properties/source/type", keyword: "type", params: { type: "string" } };
              vErrors === null ? vErrors = [err343] : vErrors.push(err343), errors++;
            }
          }
          if (data159.destination !== void 0) {
            let data161 = data159.destination;
            if (typeof data161 == "string") {
              if (!pattern19.test(data161)) {
                let err344 = { instancePath: instancePath + "/" + key34.replace(/~/g, "~0").replace(/\//g, "~1") + "/destination", schemaPath: "#/patternProperties/%5Egre%5C./properties/destination/pattern", keyword: "pattern", params: { pattern: "\\S" } };
                vErrors === null ? vErrors = [err344] : vErrors.push(err344), errors++;
              }
            } else {
              let err345 = { instancePath: instancePath + "/" + key34.replace(/~/g, "~0").replace(/\//g, "~1") + "/destination", schemaPath: "#/patternProperties/%5Egre%5C./properties/destination/type", keyword: "type", params: { type: "string" } };
              vErrors === null ? vErrors = [err345] : vErrors.push(err345), errors++;
            }
          }
          if (data159["underlay-vrf"] !== void 0) {
            let data162 = data159["underlay-vrf"];
            if (typeof data162 == "string") {
              if (!pattern18.test(data162)) {
                let err346 = { instancePath: instancePath + "/" + key34.replace(/~/g, "~0").replace(/\//g, "~1") + "/underlay-vrf", schemaPath: "#/patternProperties/%5Egre%5C./properties/underlay-vrf/pattern", keyword: "pattern", params: { pattern: "^[A-Za-z][A-Za-z0-9_.-]{0,14}$" } };
                vErrors === null ? vErrors = [err346] : vErrors.push(err346), errors++;
              }
            } else {
              let err347 = { instancePath: instancePath + "/" + key34.replace(/~/g, "~0").replace(/\//g, "~1") + "/underlay-vrf", schemaPath: "#/patternProperties/%5Egre%5C./properties/underlay-vrf/type", keyword: "type", params: { type: "string" } };
              vErrors === null ? vErrors = [err347] : vErrors.push(err347), errors++;
            }
          }
          if (data159.type !== void 0) {
            let data163 = data159.type;
            if (!(data163 === "l3" || data163 === "teb")) {
              let err348 = { instancePath: instancePath + "/" + key34.replace(/~/g, "~0").replace(/\//g, "~1") + "/type", schemaPath: "#/patternProperties/%5Egre%5C./properties/type/enum", keyword: "enum", params: { allowedValues: schema11.patternProperties["^gre\\."].properties.type.enum } };
              vErrors === null ? vErrors = [err348] : vErrors.push(err348), errors++;
            }
          }
        } else {
          let err349 = { instancePath: instancePath + "/" + key34.replace(/~/g, "~0").replace(/\//g, "~1"), schemaPath: "#/patternProperties/%5Egre%5C./type", keyword: "type", params: { type: "object" } };
          vErrors === null ? vErrors = [err349] : vErrors.push(err349), errors++;
        }
      }
    for (let key36 in data)
      if (pattern8.test(key36)) {
        let data164 = data[key36];
        if (data164 && typeof data164 == "object" && !Array.isArray(data164)) {
          if (data164.source === void 0) {
            let err350 = { instancePath: instancePath + "/" + key36.replace(/~/g, "~0").replace(/\//g, "~1"), schemaPath: "#/patternProperties/%5Eipip%5C./required", keyword: "required", params: { missingProperty: "source" } };
            vErrors === null ? vErrors = [err350] : vErrors.push(err350), errors++;
          }
          if (data164.destination === void 0) {
            let err351 = { instancePath: instancePath + "/" + key36.replace(/~/g, "~0").replace(/\//g, "~1"), schemaPath: "#/patternProperties/%5Eipip%5C./required", keyword: "required", params: { missingProperty: "destination" } };
            vErrors === null ? vErrors = [err351] : vErrors.push(err351), errors++;
          }
          for (let key37 in data164)
            if (!(key37 === "source" || key37 === "destination" || key37 === "underlay-vrf")) {
              let err352 = { instancePath: instancePath + "/" + key36.replace(/~/g, "~0").replace(/\//g, "~1"), schemaPath: "#/patternProperties/%5Eipip%5C./additionalProperties", keyword: "additionalProperties", params: { additionalProperty: key37 } };
              vErrors === null ? vErrors = [err352] : vErrors.push(err352), errors++;
            }
          if (data164.source !== void 0) {
            let data165 = data164.source;
            if (typeof data165 == "string") {
              if (!pattern19.test(data165)) {
                let err353 = { instancePath: instancePath + "/" + key36.replace(/~/g, "~0").replace(/\//g, "~1") + "/source", schemaPath: "#/patternProperties/%5Eipip%5C./properties/source/pattern", keyword: "pattern", params: { pattern: "\\S" } };
                vErrors === null ? vErrors = [err353] : vErrors.push(err353), errors++;
              }
            } else {
              let err354 = { instancePath: instancePath + "/" + key36.replace(/~/g, "~0").replace(/\//g, "~1") + "/source", schemaPath: "#/patternProperties/%5Eipip%5C./properties/source/type", keyword: "type", params: { type: "string" } };
              vErrors === null ? vErrors = [err354] : vErrors.push(err354), errors++;
            }
          }
          if (data164.destination !== void 0) {
            let data166 = data164.destination;
            if (typeof data166 == "string") {
              if (!pattern19.test(data166)) {
                let err355 = { instancePath: instancePath + "/" + key36.replace(/~/g, "~0").replace(/\//g, "~1") + "/destination", schemaPath: "#/patternProperties/%5Eipip%5C./properties/destination/pattern", keyword: "pattern", params: { pattern: "\\S" } };
                vErrors === null ? vErrors = [err355] : vErrors.push(err355), errors++;
              }
            } else {
              let err356 = { instancePath: instancePath + "/" + key36.replace(/~/g, "~0").replace(/\//g, "~1") + "/destination", schemaPath: "#/patternProperties/%5Eipip%5C./properties/destination/type", keyword: "type", params: { type: "string" } };
              vErrors === null ? vErrors = [err356] : vErrors.push(err356), errors++;
            }
          }
          if (data164["underlay-vrf"] !== void 0) {
            let data167 = data164["underlay-vrf"];
            if (typeof data167 == "string") {
              if (!pattern18.test(data167)) {
                let err357 = { instancePath: instancePath + "/" + key36.replace(/~/g, "~0").replace(/\//g, "~1") + "/underlay-vrf", schemaPath: "#/patternProperties/%5Eipip%5C./properties/underlay-vrf/pattern", keyword: "pattern", params: { pattern: "^[A-Za-z][A-Za-z0-9_.-]{0,14}$" } };
                vErrors === null ? vErrors = [err357] : vErrors.push(err357), errors++;
              }
            } else {
              let err358 = { instancePath: instancePath + "/" + key36.replace(/~/g, "~0").replace(/\//g, "~1") + "/underlay-vrf", schemaPath: "#/patternProperties/%5Eipip%5C./properties/underlay-vrf/type", keyword: "type", params: { type: "string" } };
              vErrors === null ? vErrors = [err358] : vErrors.push(err358), errors++;
            }
          }
        } else {
          let err359 = { instancePath: instancePath + "/" + key36.replace(/~/g, "~0").replace(/\//g, "~1"), schemaPath: "#/patternProperties/%5Eipip%5C./type", keyword: "type", params: { type: "object" } };
          vErrors === null ? vErrors = [err359] : vErrors.push(err359), errors++;
        }
      }
    for (let key38 in data)
      if (pattern9.test(key38)) {
        let data168 = data[key38];
        if (data168 && typeof data168 == "object" && !Array.isArray(data168)) {
          if (data168.source === void 0) {
            let err360 = { instancePath: instancePath + "/" + key38.replace(/~/g, "~0").replace(/\//g, "~1"), schemaPath: "#/patternProperties/%5Evxlan%5C./required", keyword: "required", params: { missingProperty: "source" } };
            vErrors === null ? vErrors = [err360] : vErrors.push(err360), errors++;
          }
          if (data168.destination === void 0) {
            let err361 = { instancePath: instancePath + "/" + key38.replace(/~/g, "~0").replace(/\//g, "~1"), schemaPath: "#/patternProperties/%5Evxlan%5C./required", keyword: "required", params: { missingProperty: "destination" } };
            vErrors === null ? vErrors = [err361] : vErrors.push(err361), errors++;
          }
          if (data168.vni === void 0) {
            let err362 = { instancePath: instancePath + "/" + key38.replace(/~/g, "~0").replace(/\//g, "~1"), schemaPath: "#/patternProperties/%5Evxlan%5C./required", keyword: "required", params: { missingProperty: "vni" } };
            vErrors === null ? vErrors = [err362] : vErrors.push(err362), errors++;
          }
          for (let key39 in data168)
            if (!(key39 === "source" || key39 === "destination" || key39 === "underlay-vrf" || key39 === "vni" || key39 === "port")) {
              let err363 = { instancePath: instancePath + "/" + key38.replace(/~/g, "~0").replace(/\//g, "~1"), schemaPath: "#/patternProperties/%5Evxlan%5C./additionalProperties", keyword: "additionalProperties", params: { additionalProperty: key39 } };
              vErrors === null ? vErrors = [err363] : vErrors.push(err363), errors++;
            }
          if (data168.source !== void 0) {
            let data169 = data168.source;
            if (typeof data169 == "string") {
              if (!pattern19.test(data169)) {
                let err364 = { instancePath: instancePath + "/" + key38.replace(/~/g, "~0").replace(/\//g, "~1") + "/source", schemaPath: "#/patternProperties/%5Evxlan%5C./properties/source/pattern", keyword: "pattern", params: { pattern: "\\S" } };
                vErrors === null ? vErrors = [err364] : vErrors.push(err364), errors++;
              }
            } else {
              let err365 = { instancePath: instancePath + "/" + key38.replace(/~/g, "~0").replace(/\//g, "~1") + "/source", schemaPath: "#/patternProperties/%5Evxlan%5C./properties/source/type", keyword: "type", params: { type: "string" } };
              vErrors === null ? vErrors = [err365] : vErrors.push(err365), errors++;
            }
          }
          if (data168.destination !== void 0) {
            let data170 = data168.destination;
            if (typeof data170 == "string") {
              if (!pattern19.test(data170)) {
                let err366 = { instancePath: instancePath + "/" + key38.replace(/~/g, "~0").replace(/\//g, "~1") + "/destination", schemaPath: "#/patternProperties/%5Evxlan%5C./properties/destination/pattern", keyword: "pattern", params: { pattern: "\\S" } };
                vErrors === null ? vErrors = [err366] : vErrors.push(err366), errors++;
              }
            } else {
              let err367 = { instancePath: instancePath + "/" + key38.replace(/~/g, "~0").replace(/\//g, "~1") + "/destination", schemaPath: "#/patternProperties/%5Evxlan%5C./properties/destination/type", keyword: "type", params: { type: "string" } };
              vErrors === null ? vErrors = [err367] : vErrors.push(err367), errors++;
            }
          }
          if (data168["underlay-vrf"] !== void 0) {
            let data171 = data168["underlay-vrf"];
            if (typeof data171 == "string") {
              if (!pattern18.test(data171)) {
                let err368 = { instancePath: instancePath + "/" + key38.replace(/~/g, "~0").replace(/\//g, "~1") + "/underlay-vrf", schemaPath: "#/patternProperties/%5Evxlan%5C./properties/underlay-vrf/pattern", keyword: "pattern", params: { pattern: "^[A-Za-z][A-Za-z0-9_.-]{0,14}$" } };
                vErrors === null ? vErrors = [err368] : vErrors.push(err368), errors++;
              }
            } else {
              let err369 = { instancePath: instancePath + "/" + key38.replace(/~/g, "~0").replace(/\//g, "~1") + "/underlay-vrf", schemaPath: "#/patternProperties/%5Evxlan%5C./properties/underlay-vrf/type", keyword: "type", params: { type: "string" } };
              vErrors === null ? vErrors = [err369] : vErrors.push(err369), errors++;
            }
          }
          if (data168.vni !== void 0) {
            let data172 = data168.vni;
            if (!(typeof data172 == "number" && !(data172 % 1) && !isNaN(data172) && isFinite(data172))) {
              let err370 = { instancePath: instancePath + "/" + key38.replace(/~/g, "~0").replace(/\//g, "~1") + "/vni", schemaPath: "#/patternProperties/%5Evxlan%5C./properties/vni/type", keyword: "type", params: { type: "integer" } };
              vErrors === null ? vErrors = [err370] : vErrors.push(err370), errors++;
            }
            if (typeof data172 == "number" && isFinite(data172)) {
              if (data172 > 16777215 || isNaN(data172)) {
                let err371 = { instancePath: instancePath + "/" + key38.replace(/~/g, "~0").replace(/\//g, "~1") + "/vni", schemaPath: "#/patternProperties/%5Evxlan%5C./properties/vni/maximum", keyword: "maximum", params: { comparison: "<=", limit: 16777215 } };
                vErrors === null ? vErrors = [err371] : vErrors.push(err371), errors++;
              }
              if (data172 < 0 || isNaN(data172)) {
                let err372 = { instancePath: instancePath + "/" + key38.replace(/~/g, "~0").replace(/\//g, "~1") + "/vni", schemaPath: "#/patternProperties/%5Evxlan%5C./properties/vni/minimum", keyword: "minimum", params: { comparison: ">=", limit: 0 } };
                vErrors === null ? vErrors = [err372] : vErrors.push(err372), errors++;
              }
            }
          }
          if (data168.port !== void 0) {
            let data173 = data168.port;
            if (!(typeof data173 == "number" && !(data173 % 1) && !isNaN(data173) && isFinite(data173))) {
              let err373 = { instancePath: instancePath + "/" + key38.replace(/~/g, "~0").replace(/\//g, "~1") + "/port", schemaPath: "#/patternProperties/%5Evxlan%5C./properties/port/type", keyword: "type", params: { type: "integer" } };
              vErrors === null ? vErrors = [err373] : vErrors.push(err373), errors++;
            }
            if (typeof data173 == "number" && isFinite(data173)) {
              if (data173 > 65535 || isNaN(data173)) {
                let err374 = { instancePath: instancePath + "/" + key38.replace(/~/g, "~0").replace(/\//g, "~1") + "/port", schemaPath: "#/patternProperties/%5Evxlan%5C./properties/port/maximum", keyword: "maximum", params: { comparison: "<=", limit: 65535 } };
                vErrors === null ? vErrors = [err374] : vErrors.push(err374), errors++;
              }
              if (data173 < 1 || isNaN(data173)) {
                let err375 = { instancePath: instancePath + "/" + key38.replace(/~/g, "~0").replace(/\//g, "~1") + "/port", schemaPath: "#/patternProperties/%5Evxlan%5C./properties/port/minimum", keyword: "minimum", params: { comparison: ">=", limit: 1 } };
                vErrors === null ? vErrors = [err375] : vErrors.push(err375), errors++;
              }
            }
          }
        } else {
          let err376 = { instancePath: instancePath + "/" + key38.replace(/~/g, "~0").replace(/\//g, "~1"), schemaPath: "#/patternProperties/%5Evxlan%5C./type", keyword: "type", params: { type: "object" } };
          vErrors === null ? vErrors = [err376] : vErrors.push(err376), errors++;
        }
      }
    for (let key40 in data)
      if (pattern10.test(key40)) {
        let data174 = data[key40];
        if (data174 && typeof data174 == "object" && !Array.isArray(data174))
          for (let key41 in data174) {
            let err377 = { instancePath: instancePath + "/" + key40.replace(/~/g, "~0").replace(/\//g, "~1"), schemaPath: "#/patternProperties/%5Eacl%5C./additionalProperties", keyword: "additionalProperties", params: { additionalProperty: key41 } };
            vErrors === null ? vErrors = [err377] : vErrors.push(err377), errors++;
          }
        else {
          let err378 = { instancePath: instancePath + "/" + key40.replace(/~/g, "~0").replace(/\//g, "~1"), schemaPath: "#/patternProperties/%5Eacl%5C./type", keyword: "type", params: { type: "object" } };
          vErrors === null ? vErrors = [err378] : vErrors.push(err378), errors++;
        }
      }
    for (let key42 in data)
      if (pattern11.test(key42)) {
        let data175 = data[key42];
        if (data175 && typeof data175 == "object" && !Array.isArray(data175))
          for (let key43 in data175) {
            let err379 = { instancePath: instancePath + "/" + key42.replace(/~/g, "~0").replace(/\//g, "~1"), schemaPath: "#/patternProperties/%5Emacip%5C./additionalProperties", keyword: "additionalProperties", params: { additionalProperty: key43 } };
            vErrors === null ? vErrors = [err379] : vErrors.push(err379), errors++;
          }
        else {
          let err380 = { instancePath: instancePath + "/" + key42.replace(/~/g, "~0").replace(/\//g, "~1"), schemaPath: "#/patternProperties/%5Emacip%5C./type", keyword: "type", params: { type: "object" } };
          vErrors === null ? vErrors = [err380] : vErrors.push(err380), errors++;
        }
      }
    for (let key44 in data)
      if (pattern12.test(key44)) {
        let data176 = data[key44];
        if (data176 && typeof data176 == "object" && !Array.isArray(data176)) {
          if (data176.prefixes === void 0) {
            let err381 = { instancePath: instancePath + "/" + key44.replace(/~/g, "~0").replace(/\//g, "~1"), schemaPath: "#/patternProperties/%5Eprefix-list%5C./required", keyword: "required", params: { missingProperty: "prefixes" } };
            vErrors === null ? vErrors = [err381] : vErrors.push(err381), errors++;
          }
          for (let key45 in data176)
            if (key45 !== "prefixes") {
              let err382 = { instancePath: instancePath + "/" + key44.replace(/~/g, "~0").replace(/\//g, "~1"), schemaPath: "#/patternProperties/%5Eprefix-list%5C./additionalProperties", keyword: "additionalProperties", params: { additionalProperty: key45 } };
              vErrors === null ? vErrors = [err382] : vErrors.push(err382), errors++;
            }
          if (data176.prefixes !== void 0) {
            let data177 = data176.prefixes;
            if (typeof data177 == "string") {
              if (!pattern19.test(data177)) {
                let err383 = { instancePath: instancePath + "/" + key44.replace(/~/g, "~0").replace(/\//g, "~1") + "/prefixes", schemaPath: "#/patternProperties/%5Eprefix-list%5C./properties/prefixes/pattern", keyword: "pattern", params: { pattern: "\\S" } };
                vErrors === null ? vErrors = [err383] : vErrors.push(err383), errors++;
              }
            } else {
              let err384 = { instancePath: instancePath + "/" + key44.replace(/~/g, "~0").replace(/\//g, "~1") + "/prefixes", schemaPath: "#/patternProperties/%5Eprefix-list%5C./properties/prefixes/type", keyword: "type", params: { type: "string" } };
              vErrors === null ? vErrors = [err384] : vErrors.push(err384), errors++;
            }
          }
        } else {
          let err385 = { instancePath: instancePath + "/" + key44.replace(/~/g, "~0").replace(/\//g, "~1"), schemaPath: "#/patternProperties/%5Eprefix-list%5C./type", keyword: "type", params: { type: "object" } };
          vErrors === null ? vErrors = [err385] : vErrors.push(err385), errors++;
        }
      }
    for (let key46 in data)
      if (pattern13.test(key46)) {
        let data178 = data[key46];
        if (data178 && typeof data178 == "object" && !Array.isArray(data178)) {
          if (data178.ports === void 0) {
            let err386 = { instancePath: instancePath + "/" + key46.replace(/~/g, "~0").replace(/\//g, "~1"), schemaPath: "#/patternProperties/%5Eport-list%5C./required", keyword: "required", params: { missingProperty: "ports" } };
            vErrors === null ? vErrors = [err386] : vErrors.push(err386), errors++;
          }
          for (let key47 in data178)
            if (key47 !== "ports") {
              let err387 = { instancePath: instancePath + "/" + key46.replace(/~/g, "~0").replace(/\//g, "~1"), schemaPath: "#/patternProperties/%5Eport-list%5C./additionalProperties", keyword: "additionalProperties", params: { additionalProperty: key47 } };
              vErrors === null ? vErrors = [err387] : vErrors.push(err387), errors++;
            }
          if (data178.ports !== void 0) {
            let data179 = data178.ports;
            if (typeof data179 == "string") {
              if (!pattern19.test(data179)) {
                let err388 = { instancePath: instancePath + "/" + key46.replace(/~/g, "~0").replace(/\//g, "~1") + "/ports", schemaPath: "#/patternProperties/%5Eport-list%5C./properties/ports/pattern", keyword: "pattern", params: { pattern: "\\S" } };
                vErrors === null ? vErrors = [err388] : vErrors.push(err388), errors++;
              }
            } else {
              let err389 = { instancePath: instancePath + "/" + key46.replace(/~/g, "~0").replace(/\//g, "~1") + "/ports", schemaPath: "#/patternProperties/%5Eport-list%5C./properties/ports/type", keyword: "type", params: { type: "string" } };
              vErrors === null ? vErrors = [err389] : vErrors.push(err389), errors++;
            }
          }
        } else {
          let err390 = { instancePath: instancePath + "/" + key46.replace(/~/g, "~0").replace(/\//g, "~1"), schemaPath: "#/patternProperties/%5Eport-list%5C./type", keyword: "type", params: { type: "object" } };
          vErrors === null ? vErrors = [err390] : vErrors.push(err390), errors++;
        }
      }
    for (let key48 in data)
      if (pattern14.test(key48)) {
        let data180 = data[key48];
        if (data180 && typeof data180 == "object" && !Array.isArray(data180)) {
          if (data180.protocol === void 0) {
            let err391 = { instancePath: instancePath + "/" + key48.replace(/~/g, "~0").replace(/\//g, "~1"), schemaPath: "#/patternProperties/%5Eport-forward%5C./required", keyword: "required", params: { missingProperty: "protocol" } };
            vErrors === null ? vErrors = [err391] : vErrors.push(err391), errors++;
          }
          if (data180.external === void 0) {
            let err392 = { instancePath: instancePath + "/" + key48.replace(/~/g, "~0").replace(/\//g, "~1"), schemaPath: "#/patternProperties/%5Eport-forward%5C./required", keyword: "required", params: { missingProperty: "external" } };
            vErrors === null ? vErrors = [err392] : vErrors.push(err392), errors++;
          }
          if (data180.internal === void 0) {
            let err393 = { instancePath: instancePath + "/" + key48.replace(/~/g, "~0").replace(/\//g, "~1"), schemaPath: "#/patternProperties/%5Eport-forward%5C./required", keyword: "required", params: { missingProperty: "internal" } };
            vErrors === null ? vErrors = [err393] : vErrors.push(err393), errors++;
          }
          for (let key49 in data180)
            if (!(key49 === "protocol" || key49 === "external" || key49 === "internal")) {
              let err394 = { instancePath: instancePath + "/" + key48.replace(/~/g, "~0").replace(/\//g, "~1"), schemaPath: "#/patternProperties/%5Eport-forward%5C./additionalProperties", keyword: "additionalProperties", params: { additionalProperty: key49 } };
              vErrors === null ? vErrors = [err394] : vErrors.push(err394), errors++;
            }
          if (data180.protocol !== void 0) {
            let data181 = data180.protocol;
            if (typeof data181 == "string") {
              if (!pattern19.test(data181)) {
                let err395 = { instancePath: instancePath + "/" + key48.replace(/~/g, "~0").replace(/\//g, "~1") + "/protocol", schemaPath: "#/patternProperties/%5Eport-forward%5C./properties/protocol/pattern", keyword: "pattern", params: { pattern: "\\S" } };
                vErrors === null ? vErrors = [err395] : vErrors.push(err395), errors++;
              }
            } else {
              let err396 = { instancePath: instancePath + "/" + key48.replace(/~/g, "~0").replace(/\//g, "~1") + "/protocol", schemaPath: "#/patternProperties/%5Eport-forward%5C./properties/protocol/type", keyword: "type", params: { type: "string" } };
              vErrors === null ? vErrors = [err396] : vErrors.push(err396), errors++;
            }
          }
          if (data180.external !== void 0) {
            let data182 = data180.external;
            if (typeof data182 == "string") {
              if (!pattern19.test(data182)) {
                let err397 = { instancePath: instancePath + "/" + key48.replace(/~/g, "~0").replace(/\//g, "~1") + "/external", schemaPath: "#/patternProperties/%5Eport-forward%5C./properties/external/pattern", keyword: "pattern", params: { pattern: "\\S" } };
                vErrors === null ? vErrors = [err397] : vErrors.push(err397), errors++;
              }
            } else {
              let err398 = { instancePath: instancePath + "/" + key48.replace(/~/g, "~0").replace(/\//g, "~1") + "/external", schemaPath: "#/patternProperties/%5Eport-forward%5C./properties/external/type", keyword: "type", params: { type: "string" } };
              vErrors === null ? vErrors = [err398] : vErrors.push(err398), errors++;
            }
          }
          if (data180.internal !== void 0) {
            let data183 = data180.internal;
            if (typeof data183 == "string") {
              if (!pattern19.test(data183)) {
                let err399 = { instancePath: instancePath + "/" + key48.replace(/~/g, "~0").replace(/\//g, "~1") + "/internal", schemaPath: "#/patternProperties/%5Eport-forward%5C./properties/internal/pattern", keyword: "pattern", params: { pattern: "\\S" } };
                vErrors === null ? vErrors = [err399] : vErrors.push(err399), errors++;
              }
            } else {
              let err400 = { instancePath: instancePath + "/" + key48.replace(/~/g, "~0").replace(/\//g, "~1") + "/internal", schemaPath: "#/patternProperties/%5Eport-forward%5C./properties/internal/type", keyword: "type", params: { type: "string" } };
              vErrors === null ? vErrors = [err400] : vErrors.push(err400), errors++;
            }
          }
        } else {
          let err401 = { instancePath: instancePath + "/" + key48.replace(/~/g, "~0").replace(/\//g, "~1"), schemaPath: "#/patternProperties/%5Eport-forward%5C./type", keyword: "type", params: { type: "object" } };
          vErrors === null ? vErrors = [err401] : vErrors.push(err401), errors++;
        }
      }
    for (let key50 in data)
      if (pattern15.test(key50)) {
        let data184 = data[key50];
        if (data184 && typeof data184 == "object" && !Array.isArray(data184)) {
          if (data184.external === void 0) {
            let err402 = { instancePath: instancePath + "/" + key50.replace(/~/g, "~0").replace(/\//g, "~1"), schemaPath: "#/patternProperties/%5Enat-static%5C./required", keyword: "required", params: { missingProperty: "external" } };
            vErrors === null ? vErrors = [err402] : vErrors.push(err402), errors++;
          }
          if (data184.internal === void 0) {
            let err403 = { instancePath: instancePath + "/" + key50.replace(/~/g, "~0").replace(/\//g, "~1"), schemaPath: "#/patternProperties/%5Enat-static%5C./required", keyword: "required", params: { missingProperty: "internal" } };
            vErrors === null ? vErrors = [err403] : vErrors.push(err403), errors++;
          }
          for (let key51 in data184)
            if (!(key51 === "external" || key51 === "internal")) {
              let err404 = { instancePath: instancePath + "/" + key50.replace(/~/g, "~0").replace(/\//g, "~1"), schemaPath: "#/patternProperties/%5Enat-static%5C./additionalProperties", keyword: "additionalProperties", params: { additionalProperty: key51 } };
              vErrors === null ? vErrors = [err404] : vErrors.push(err404), errors++;
            }
          if (data184.external !== void 0) {
            let data185 = data184.external;
            if (typeof data185 == "string") {
              if (!pattern19.test(data185)) {
                let err405 = { instancePath: instancePath + "/" + key50.replace(/~/g, "~0").replace(/\//g, "~1") + "/external", schemaPath: "#/patternProperties/%5Enat-static%5C./properties/external/pattern", keyword: "pattern", params: { pattern: "\\S" } };
                vErrors === null ? vErrors = [err405] : vErrors.push(err405), errors++;
              }
            } else {
              let err406 = { instancePath: instancePath + "/" + key50.replace(/~/g, "~0").replace(/\//g, "~1") + "/external", schemaPath: "#/patternProperties/%5Enat-static%5C./properties/external/type", keyword: "type", params: { type: "string" } };
              vErrors === null ? vErrors = [err406] : vErrors.push(err406), errors++;
            }
          }
          if (data184.internal !== void 0) {
            let data186 = data184.internal;
            if (typeof data186 == "string") {
              if (!pattern19.test(data186)) {
                let err407 = { instancePath: instancePath + "/" + key50.replace(/~/g, "~0").replace(/\//g, "~1") + "/internal", schemaPath: "#/patternProperties/%5Enat-static%5C./properties/internal/pattern", keyword: "pattern", params: { pattern: "\\S" } };
                vErrors === null ? vErrors = [err407] : vErrors.push(err407), errors++;
              }
            } else {
              let err408 = { instancePath: instancePath + "/" + key50.replace(/~/g, "~0").replace(/\//g, "~1") + "/internal", schemaPath: "#/patternProperties/%5Enat-static%5C./properties/internal/type", keyword: "type", params: { type: "string" } };
              vErrors === null ? vErrors = [err408] : vErrors.push(err408), errors++;
            }
          }
        } else {
          let err409 = { instancePath: instancePath + "/" + key50.replace(/~/g, "~0").replace(/\//g, "~1"), schemaPath: "#/patternProperties/%5Enat-static%5C./type", keyword: "type", params: { type: "object" } };
          vErrors === null ? vErrors = [err409] : vErrors.push(err409), errors++;
        }
      }
    for (let key52 in data)
      if (pattern16.test(key52)) {
        let data187 = data[key52];
        if (data187 && typeof data187 == "object" && !Array.isArray(data187)) {
          if (data187.command === void 0) {
            let err410 = { instancePath: instancePath + "/" + key52.replace(/~/g, "~0").replace(/\//g, "~1"), schemaPath: "#/patternProperties/%5Eservice%5C./required", keyword: "required", params: { missingProperty: "command" } };
            vErrors === null ? vErrors = [err410] : vErrors.push(err410), errors++;
          }
          for (let key53 in data187)
            if (!(key53 === "command" || key53 === "netns" || key53 === "vrf" || key53 === "restart")) {
              let err411 = { instancePath: instancePath + "/" + key52.replace(/~/g, "~0").replace(/\//g, "~1"), schemaPath: "#/patternProperties/%5Eservice%5C./additionalProperties", keyword: "additionalProperties", params: { additionalProperty: key53 } };
              vErrors === null ? vErrors = [err411] : vErrors.push(err411), errors++;
            }
          if (data187.command !== void 0) {
            let data188 = data187.command;
            if (typeof data188 == "string") {
              if (!pattern19.test(data188)) {
                let err412 = { instancePath: instancePath + "/" + key52.replace(/~/g, "~0").replace(/\//g, "~1") + "/command", schemaPath: "#/patternProperties/%5Eservice%5C./properties/command/pattern", keyword: "pattern", params: { pattern: "\\S" } };
                vErrors === null ? vErrors = [err412] : vErrors.push(err412), errors++;
              }
            } else {
              let err413 = { instancePath: instancePath + "/" + key52.replace(/~/g, "~0").replace(/\//g, "~1") + "/command", schemaPath: "#/patternProperties/%5Eservice%5C./properties/command/type", keyword: "type", params: { type: "string" } };
              vErrors === null ? vErrors = [err413] : vErrors.push(err413), errors++;
            }
          }
          if (data187.netns !== void 0) {
            let data189 = data187.netns;
            if (typeof data189 == "string") {
              if (!pattern31.test(data189)) {
                let err414 = { instancePath: instancePath + "/" + key52.replace(/~/g, "~0").replace(/\//g, "~1") + "/netns", schemaPath: "#/patternProperties/%5Eservice%5C./properties/netns/pattern", keyword: "pattern", params: { pattern: "^(?!\\.{1,2}$)[A-Za-z0-9_.-]{1,31}$" } };
                vErrors === null ? vErrors = [err414] : vErrors.push(err414), errors++;
              }
            } else {
              let err415 = { instancePath: instancePath + "/" + key52.replace(/~/g, "~0").replace(/\//g, "~1") + "/netns", schemaPath: "#/patternProperties/%5Eservice%5C./properties/netns/type", keyword: "type", params: { type: "string" } };
              vErrors === null ? vErrors = [err415] : vErrors.push(err415), errors++;
            }
          }
          if (data187.vrf !== void 0) {
            let data190 = data187.vrf;
            if (typeof data190 == "string") {
              if (!pattern18.test(data190)) {
                let err416 = { instancePath: instancePath + "/" + key52.replace(/~/g, "~0").replace(/\//g, "~1") + "/vrf", schemaPath: "#/patternProperties/%5Eservice%5C./properties/vrf/pattern", keyword: "pattern", params: { pattern: "^[A-Za-z][A-Za-z0-9_.-]{0,14}$" } };
                vErrors === null ? vErrors = [err416] : vErrors.push(err416), errors++;
              }
            } else {
              let err417 = { instancePath: instancePath + "/" + key52.replace(/~/g, "~0").replace(/\//g, "~1") + "/vrf", schemaPath: "#/patternProperties/%5Eservice%5C./properties/vrf/type", keyword: "type", params: { type: "string" } };
              vErrors === null ? vErrors = [err417] : vErrors.push(err417), errors++;
            }
          }
          if (data187.restart !== void 0) {
            let data191 = data187.restart;
            if (!(data191 === "always" || data191 === "on-failure" || data191 === "never")) {
              let err418 = { instancePath: instancePath + "/" + key52.replace(/~/g, "~0").replace(/\//g, "~1") + "/restart", schemaPath: "#/patternProperties/%5Eservice%5C./properties/restart/enum", keyword: "enum", params: { allowedValues: schema11.patternProperties["^service\\."].properties.restart.enum } };
              vErrors === null ? vErrors = [err418] : vErrors.push(err418), errors++;
            }
          }
        } else {
          let err419 = { instancePath: instancePath + "/" + key52.replace(/~/g, "~0").replace(/\//g, "~1"), schemaPath: "#/patternProperties/%5Eservice%5C./type", keyword: "type", params: { type: "object" } };
          vErrors === null ? vErrors = [err419] : vErrors.push(err419), errors++;
        }
      }
  } else {
    let err420 = { instancePath, schemaPath: "#/type", keyword: "type", params: { type: "object" } };
    vErrors === null ? vErrors = [err420] : vErrors.push(err420), errors++;
  }
  return validate10.errors = vErrors, errors === 0;
}
export {
  validate
};
