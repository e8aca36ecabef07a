// A workspace made of SCIMMY: it speaks SCIM, this file only keeps users and groups, in memory.
// Prints its port once it listens on 127.0.0.1; ends when its standard input is closed.
import crypto from "node:crypto";
import express from "express";
import SCIMMY from "scimmy";
import SCIMMYRouters from "scimmy-routers";

const users = new Map();

const taken = (userName, id) =>
    [...users.values()].some((u) => u.id !== id && u.userName.toLowerCase() === userName.toLowerCase());

SCIMMY.Resources.declare(SCIMMY.Resources.User.extend(SCIMMY.Schemas.EnterpriseUser, false))
    .ingress((resource, instance) => {
        const known = resource.id ? users.get(resource.id) : undefined;
        if (resource.id && !known) throw new Error("not found");
        if (taken(instance.userName, resource.id)) {
            throw new SCIMMY.Types.Error(409, "uniqueness", "userName is taken");
        }
        const now = new Date().toISOString();
        const id = known?.id ?? crypto.randomUUID();
        const meta = {created: known?.meta.created ?? now, lastModified: now};
        const user = {...JSON.parse(JSON.stringify(instance)), id, meta};
        users.set(id, user);
        return user;
    })
    .egress((resource) => {
        if (!resource.id) return resource.filter?.match([...users.values()]) ?? [...users.values()];
        if (!users.has(resource.id)) throw new Error("not found");
        return users.get(resource.id);
    })
    .degress(() => {
        throw new SCIMMY.Types.Error(501, null, "nobody is deleted here");
    });

const groups = new Map();

SCIMMY.Resources.declare(SCIMMY.Resources.Group)
    .ingress((resource, instance) => {
        const known = resource.id ? groups.get(resource.id) : undefined;
        if (resource.id && !known) throw new Error("not found");
        const now = new Date().toISOString();
        const id = known?.id ?? crypto.randomUUID();
        const meta = {created: known?.meta.created ?? now, lastModified: now};
        const group = {...JSON.parse(JSON.stringify(instance)), id, meta};
        groups.set(id, group);
        return group;
    })
    .egress((resource) => {
        if (!resource.id) return resource.filter?.match([...groups.values()]) ?? [...groups.values()];
        if (!groups.has(resource.id)) throw new Error("not found");
        return groups.get(resource.id);
    })
    .degress(() => {
        throw new SCIMMY.Types.Error(501, null, "nothing is deleted here");
    });

const authenticate = (request) => {
    if (request.header("Authorization") !== `Bearer ${process.env.SCIMFLOW_TOKEN}`) {
        throw new Error("the token is wrong");
    }
    return "";
};

const app = express();
app.use("/scim/v2", new SCIMMYRouters({type: "bearer", handler: authenticate}));
const server = app.listen(0, "127.0.0.1", () => console.log(server.address().port));
process.stdin.resume().on("end", () => process.exit(0));
