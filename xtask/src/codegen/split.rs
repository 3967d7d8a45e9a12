//! Splits each generated `send()` in two: `request()` makes the request, `send()` calls it and sends the request.

use anyhow::{Context, Result, bail, ensure};
use syn::{
    Block, Expr, File, ImplItem, ImplItemFn, Item, ItemImpl, Local, Pat, ReturnType, Stmt,
    parse_quote,
};

/// Adds the method `request` to each builder of the module `builder`, and makes `send` call it.
///
/// Removes the header `api-version`, which the generator adds and no page of the API mentions.
///
/// # Errors
/// When a `send` isn't of the expected form.
pub(crate) fn split_sending(file: &mut File) -> Result<()> {
    let mut count = 0;
    for item in &mut file.items {
        let Item::Mod(module) = item else { continue };
        if module.ident != "builder" {
            continue;
        }
        for item in module.content.iter_mut().flat_map(|(_, items)| items) {
            if let Item::Impl(block) = item {
                count += usize::from(split(block)?);
            }
        }
    }
    ensure!(count > 0, "no builder has a method `send`");
    Ok(())
}

fn split(block: &mut ItemImpl) -> Result<bool> {
    let is_send = |item: &ImplItem| matches!(item, ImplItem::Fn(f) if f.sig.ident == "send");
    let Some(at) = block.items.iter().position(is_send) else {
        return Ok(false);
    };
    let ImplItem::Fn(send) = &mut block.items[at] else {
        return Ok(false);
    };
    let request = take_request(send).context("a method `send` of an unexpected form")?;
    block.items.insert(at, ImplItem::Fn(request));
    Ok(true)
}

/// Moves the statements up to the request out of `send`.
fn take_request(send: &mut ImplItemFn) -> Result<ImplItemFn> {
    let statements = std::mem::take(&mut send.block.stmts);
    let is_request = |statement: &Stmt| is_local(statement, "request");
    let end = statements
        .iter()
        .position(is_request)
        .context("it makes no request")?;
    let mut statements = statements.into_iter();
    let mut body: Vec<Stmt> = Vec::new();
    let mut headers = 0;
    for statement in statements.by_ref().take(end) {
        match statement {
            Stmt::Local(local) if is_named(&local, "header_map") => {}
            Stmt::Expr(Expr::MethodCall(call), _) if is_path(&call.receiver, "header_map") => {
                headers += 1;
            }
            other => body.push(other),
        }
    }
    ensure!(
        headers == 1,
        "it sends {headers} headers, where `api-version` alone is expected"
    );
    let Some(Stmt::Local(Local {
        init: Some(init), ..
    })) = statements.next()
    else {
        bail!("its request has no value");
    };
    let request = without_header_map(*init.expr);
    body.push(Stmt::Expr(parse_quote!(Ok(#request)), None));

    let output = error_type(&send.sig.output)?;
    let block = Block {
        brace_token: send.block.brace_token,
        stmts: body,
    };
    let rest: Vec<Stmt> = statements.collect();
    send.block = parse_quote!({
        let client = self.client;
        let mut request = self.request()?;
        #(#rest)*
    });
    Ok(parse_quote! {
        /// Makes the request without sending it.
        ///
        /// # Errors
        /// When a parameter or the body can't be converted.
        pub fn request(self) -> Result<::reqwest::Request, #output> #block
    })
}

/// The error of a `Result`.
fn error_type(output: &ReturnType) -> Result<syn::Type> {
    let ReturnType::Type(_, output) = output else {
        bail!("it returns nothing");
    };
    let syn::Type::Path(path) = &**output else {
        bail!("it returns no `Result`");
    };
    let arguments = path.path.segments.last().map(|last| &last.arguments);
    match arguments {
        Some(syn::PathArguments::AngleBracketed(arguments)) => match arguments.args.last() {
            Some(syn::GenericArgument::Type(error)) => Ok(error.clone()),
            _ => bail!("its `Result` has no error"),
        },
        _ => bail!("it returns no `Result`"),
    }
}

/// The chain of calls without `.headers(header_map)`.
fn without_header_map(expression: Expr) -> Expr {
    match expression {
        Expr::Try(mut tried) => {
            tried.expr = Box::new(without_header_map(*tried.expr));
            Expr::Try(tried)
        }
        Expr::MethodCall(call) if call.method == "headers" => *call.receiver,
        Expr::MethodCall(mut call) => {
            call.receiver = Box::new(without_header_map(*call.receiver));
            Expr::MethodCall(call)
        }
        other => other,
    }
}

fn is_local(statement: &Stmt, name: &str) -> bool {
    matches!(statement, Stmt::Local(local) if is_named(local, name))
}

fn is_named(local: &Local, name: &str) -> bool {
    matches!(&local.pat, Pat::Ident(ident) if ident.ident == name)
}

fn is_path(expression: &Expr, name: &str) -> bool {
    matches!(expression, Expr::Path(path) if path.path.is_ident(name))
}
